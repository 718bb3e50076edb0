"""The kinds of work of the matrix: what a server is told to do, and how it is asked.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import dataclasses

MANY = (1, 16, 256, 2000, 10000)


@dataclasses.dataclass(frozen=True)
class Workload:
	"""One row of pictures: connections vary, everything else stays."""

	title: str
	connections: tuple
	quick: int                # the number of connections that --quick measures, 0 for none
	work: str = "hello"       # --work of ServerModels
	protocol: str = "http"
	mode: str = "http"        # of LoadClient
	options: tuple = ()       # further ones, as pairs
	rate: int = 0             # exchanges/s at which latencies are measured
	crowd: str = ""           # what the connections do besides: "idle" or "slow"; then BUSY others are measured
	calls: bool = False       # count system calls


#: The connections that are measured beside a crowd.
BUSY = {"idle": 16, "slow": 64}

WORKLOADS = {
	"hello": Workload("13 bytes, keep-alive", MANY, 256, rate=4000, calls=True),
	"echo": Workload("64 bytes come back, no HTTP", MANY, 256, protocol="echo", mode="echo", rate=4000, calls=True),
	"sleep": Workload("the handler sleeps 10 ms", (1, 16, 256, 2000), 256, work="sleep:10", rate=400),
	"cpu": Workload("the handler computes for 100 us", (1, 16, 256, 2000), 256, work="cpu:100", rate=2000),
	"mixed": Workload("one request in 100 sleeps 50 ms", (16, 256, 2000), 256, work="mixed:100:50", rate=1000),
	"idle": Workload("16 busy connections beside idle ones", (2000, 10000), 0, crowd="idle"),
	"slow": Workload("64 busy connections beside slow ones, which send 10 bytes of a header each second", (500,), 0, crowd="slow"),
	"close": Workload("a new connection for each request", (1, 16, 256), 0, mode="close"),
	"pipelining": Workload("16 requests in one write", (1, 16, 256), 0, options=(("pipeline", 16),)),
	"download": Workload("a body of 1 MB", (1, 16, 256), 0, work="bytes:1000000"),
}
