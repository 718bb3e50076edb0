"""The figures of scheduling: who waits while a thread and a processor are free. README.md says why it is measured this way.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import contextlib
import statistics

from bench import Subject, ratios, spread


@contextlib.contextmanager
def contenders(bench, threads):
	"""The servers that are compared, as {name: server}. They run at the same time, and are loaded in turn."""
	subjects = {
		"2 loops": Subject("evhttp", threads=threads, loops=2),
		"1 loop": Subject("evhttp", threads=threads, loops=1),
		"Poco": Subject("pocohttp", threads=threads),
	}
	running = {}
	try:
		for name, subject in subjects.items():
			running[name] = bench.server(subject.kind, **subject.options)
		yield running
	finally:
		for server in running.values():
			server.kill()


def against_poco(bench, title, path, connections, threads, median_bar, least_bar):
	"""Requests/s of requests that all take the same time, against as many threads of Poco's server, with new connections each time."""
	with contenders(bench, threads) as running:
		rates = {name: [] for name in running}
		for number in range(bench.rounds):
			for name, server in running.items():
				with bench.load("http", server, connections=connections, seconds=bench.seconds, warmup=0.3, path=path) as load:
					rates[name].append(bench.check(f"{title} {name}", load.result())["per_second"])
			last = ", ".join(f"{name} {values[-1]:,.0f}/s" for name, values in rates.items())
			bench.progress(f"{title} {number + 1}/{bench.rounds}: {last}")
		for name, server in running.items():
			bench.raw[f"{title} {name}"] = {"per_second": rates[name], **bench.stop(server)}
	for name in ("2 loops", "1 loop"):
		shares = ratios(rates[name], rates["Poco"])
		met = statistics.median(shares) >= median_bar and min(shares) >= least_bar
		bench.row(f"{title}: {name}", f"at least {median_bar} x of Poco, each time {least_bar} x",
			f"{spread(shares)} x, {spread(rates[name], 0)} requests/s against {spread(rates['Poco'], 0)}", met)


def computing(bench):
	"""Requests that compute, on a few connections."""
	for micros in (100, 300, 1000, 3000, 9000):
		for connections in (2, 3, 4, 8):
			bars = (0.90, 0.80) if micros == 100 else (0.97, 0.90)
			against_poco(bench, f"{connections} connections, each request computes {micros / 1000:g} ms", f"/compute/{micros}", connections,
				max(4, connections), *bars)


def waiting(bench):
	"""Requests that wait, on some connections."""
	for micros in (100, 200, 600, 2000):
		for connections in (8, 16):
			title = f"{connections} connections, each request waits {micros / 1000:g} ms"
			against_poco(bench, title, f"/sleep/{micros}", connections, connections, 0.95, 0.95)


def beside(bench):
	"""A request of 10 us each 4 ms, beside connections that compute without pause."""
	for busy in (1, 3):
		for micros in (1000, 5000, 9000, 50000):
			title = f"a request of 10 us each 4 ms, beside {busy} that compute {micros / 1000:g} ms"
			with contenders(bench, 8) as running:
				p50, p99 = ({name: [] for name in running} for _ in range(2))
				for _ in range(bench.rounds):
					for name, server in running.items():
						with bench.load("http", server, connections=busy, seconds=bench.seconds + 1, warmup=0.2,
								path=f"/compute/{micros}") as crowd:
							with bench.load("http", server, connections=1, rate=250, seconds=bench.seconds, warmup=0.4, corrected=True,
									path="/compute/10") as load:
								result = bench.check(f"{title} {name}", load.result())
							crowd.result()
						p50[name].append(result["p50_us"] / 1e3)
						p99[name].append(result["p99_us"] / 1e3)
				for name, server in running.items():
					bench.raw[f"{title} {name}"] = {"p50_ms": p50[name], "p99_ms": p99[name], **bench.stop(server)}
			most = max(2, 2 * statistics.median(p99["Poco"]))
			for name in ("2 loops", "1 loop"):
				met = statistics.median(p50[name]) <= 0.5 and statistics.median(p99[name]) <= most
				bench.row(f"{title}: {name}", f"p50 at most 0.5 ms, p99 at most {most:.2f} ms",
					f"p50 {spread(p50[name])} ms, p99 {spread(p99[name])} ms; Poco {spread(p50['Poco'])} and {spread(p99['Poco'])} ms", met)
