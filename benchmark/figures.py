"""The figures, in the order of the table.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import figures_engine as engine
import figures_http as http
import figures_pressure as pressure
import figures_scheduling as scheduling
import figures_tls as tls

#: With the tools each of them needs. A peer that is missing is only left out.
FIGURES = {
	"hold": (engine.hold, []),
	"hello": (http.hello, []),
	"fields": (http.fields, []),
	"pipelining": (http.pipelining, []),
	"close": (http.close, []),
	"echo": (engine.echo, []),
	"syscalls": (engine.syscalls, ["strace"]),
	"mallocs": (engine.mallocs, []),
	"memory": (http.memory, []),
	"idlecrowd": (http.idlecrowd, []),
	"blocking": (engine.blocking, []),
	"mixed": (engine.mixed, []),
	"stop": (engine.stop, []),
	"expiry": (engine.expiry, []),
	"computing": (scheduling.computing, []),
	"waiting": (scheduling.waiting, []),
	"beside": (scheduling.beside, []),
	"slow": (pressure.slow, []),
	"paced": (pressure.paced, []),
	"readahead": (pressure.readahead, []),
	"overload": (pressure.overload, []),
	"drain": (pressure.drain, []),
	"tls": (tls.tls, ["wrk", "openssl"]),
}
