"""The figures of a server under pressure: slow clients, too many requests, and its own end. README.md says why it is measured this way.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import statistics
import time

from bench import spread
from harness import HarnessError, Process, parse_values

#: 2,000 of each kind: the mode of PacedClient, and how it is slow.
SLOW = {
	"header": {"rate": 10, "interval": 1000},
	"body": {"rate": 300, "interval": 1000},
	"read": {"rate": 2000, "interval": 1000, "path": "/memory", "receiveBuffer": 4096},
}
SLOW_EACH = 2000
SLOW_SERVERS = {"evhttp": "EVHTTPServer, 4 threads", "pocohttp": "Poco::Net::HTTPServer, 16 threads"}


class Paced(Process):
	"""Clients that are slow. Without an end of their own: ends()."""

	def __init__(self, bench, mode, server, **options):
		super().__init__([bench.program("PacedClient"), mode, f"--port={server.port}"]
			+ [f"--{name}={value}" for name, value in options.items()])

	def ends(self, timeout=60):
		self.close_input()
		return parse_values(self.read_all(timeout))


def slow(bench):
	"""Good clients beside 6,000 slow ones."""
	for kind, name in SLOW_SERVERS.items():
		options = {"threads": 4, "bytes": 300000} if kind == "evhttp" else {"threads": 16, "bytes": 300000}
		loads = {"alone": [], "beside": []}
		attackers = []
		try:
			with bench.server(kind, **options) as alone, bench.server(kind, **options) as beside:
				attackers = [Paced(bench, mode, beside, connections=SLOW_EACH, **paced) for mode, paced in SLOW.items()]
				for attacker in attackers:
					attacker.read_until("ready", 60)
				time.sleep(3)
				for i in range(bench.rounds):
					for which, server in (("alone", alone), ("beside", beside)):
						loads[which].append(good_clients(bench, kind, server))
						bench.progress(f"slow {i + 1}/{bench.rounds}: {name}, {which}: {loads[which][-1]['per_second']:,.0f} requests/s, "
							f"p99 {loads[which][-1]['p99_us']/1e3:.2f} ms")
				counts = [attacker.ends() for attacker in attackers]
				stopped = bench.stop(beside)
				bench.stop(alone)
		finally:
			for attacker in attackers:
				attacker.kill()
		bench.raw[f"slow {kind}"] = {"loads": loads, "attackers": counts, **stopped}
		report_slow(bench, kind, name, loads, counts)


def good_clients(bench, kind, server):
	"""Poco's serves none of them, for as long as slow ones have its threads."""
	with bench.load("http", server, connections=64, seconds=bench.seconds, warmup=0.5, timeout=10 if kind == "evhttp" else 0.5) as load:
		result = load.result()
	return bench.check("slow", result) if kind == "evhttp" else result


def report_slow(bench, kind, name, loads, counts):
	rate = [beside["per_second"] / alone["per_second"] for alone, beside in zip(loads["alone"], loads["beside"])]
	worst = [beside["p99_us"] / alone["p99_us"] for alone, beside in zip(loads["alone"], loads["beside"])]
	text = (f"requests/s {spread(rate)} x, p99 {spread(worst)} x of the same without slow ones "
		f"({spread([load['p99_us']/1e3 for load in loads['beside']])} ms);"
		" slow connections: " + ", ".join(f"{mode} {count['opened']:,} opened, {count['closed']:,} closed"
			for mode, count in zip(SLOW, counts)))
	if kind == "evhttp":
		bench.row(f"64 good clients beside {len(SLOW)*SLOW_EACH:,} slow ones: {name}", "requests/s at least 0.9 x, p99 at most 2 x", text,
			statistics.median(rate) >= 0.9 and statistics.median(worst) <= 2)
	else:
		starved = statistics.median(load["unanswered"] for load in loads["beside"])
		bench.row(f"the same: {name}", "(beside it)", f"{text}; {starved:,.0f} of 64 good clients without an answer")


def paced(bench):
	"""What uploads and downloads at the pace of a network cost in threads."""
	number, threads = 200, 4
	modes = (
		("1 MB uploaded at 100 KB/s, collected by the server", "upload", {},
			{"maxBufferedBytes": 1100000, "maxTotalBufferedBytes": 400000000}),
		("5 MB of a file downloaded at 500 KB/s", "download", {"bytes": 5000000, "rate": 500000, "path": "/file"}, {}),
		("5 MB from memory downloaded at 500 KB/s, kept by the server", "download", {"bytes": 5000000, "rate": 500000, "path": "/memory"},
			{"maxPendingOutput": 6000000}),
	)
	for what, mode, client, server_options in modes:
		shares, raw = [], []
		for i in range(bench.rounds):
			with bench.server("evhttp", threads=threads, **server_options) as server:
				with Paced(bench, mode, server, connections=number, **client) as clients:
					result = parse_values(clients.read_all(90))
				stopped = bench.stop(server)
			raw.append({**result, **stopped})
			shares.append(100*(1 - stopped["handler_ms"]/1e3/threads/result["seconds"]))
			bench.progress(f"paced {i + 1}/{bench.rounds}: {what}: {result['answered']} answered, threads free {shares[-1]:.2f} %")
		answered = min(result["answered"] for result in raw)
		bench.raw[f"paced {what}"] = raw
		bench.row(f"{number} clients, {threads} threads: {what}", "all answered, threads free at least 95 % of the time",
			f"{answered} answered, in {statistics.median(result['seconds'] for result in raw):.1f} s; threads free {spread(shares)} %",
			answered == number and statistics.median(shares) >= 95)


def readahead(bench):
	"""What the server takes from clients while all its threads are busy, with budget and without."""
	number, body = 100, 1000000
	budgets = (("with budget for it", {"maxBufferedBytes": 1100000, "maxTotalBufferedBytes": 400000000}),
		("with 64 KiB for all", {"maxTotalBufferedBytes": 65536}))
	for what, options in budgets:
		with bench.server("evhttp", threads=4, handler="sleep:20000", receiveBuffer=16384, **options) as server:
			before = server.resident_bytes()
			pace = dict(connections=number, rate=body, bytes=body, sendBuffer=16384)
			with bench.load("http", server, connections=8, seconds=10, warmup=0) as busy, Paced(bench, "body", server, **pace) as clients:
				clients.read_until("ready", 20)
				time.sleep(4)
				used = server.resident_bytes() - before
				taken = clients.ends()["sent"]
				busy.kill()
		bench.raw[f"readahead {what}"] = {"taken": taken, "resident": used}
		enough = taken >= 0.99*number*body
		bench.row(f"{number} clients each send 1 MB, all 4 threads are busy: {what}",
			"all is taken" if "budget for it" in what else "what the kernel has room for is taken",
			f"{taken/1e6:.1f} MB taken from the clients, the server grew by {used/1e6:.1f} MB",
			enough if "budget for it" in what else not enough and used < 10e6)


def overload(bench):
	"""Five times as many requests as the handlers can do."""
	offer = 8000 # 16 threads can do 1,600 of 10 ms
	capacity, good, refused, raw = [], [], [], []
	with bench.server("evhttp", threads=16, handler="sleep:10", maxQueued=64) as server:
		for i in range(bench.rounds):
			with bench.load("http", server, connections=48, seconds=bench.seconds, warmup=0.5) as load: # 16 running, 32 waiting
				capacity.append(bench.check("overload, capacity", load.result())["per_second"])
			with bench.load("http", server, connections=512, seconds=bench.seconds, warmup=1, rate=offer) as load:
				result = load.result()
			raw.append(result)
			good.append((result["exchanges"] - result["non_200"])/result["seconds"])
			refused.append(result["refused_p99_us"]/1e3)
			bench.progress(f"overload {i + 1}/{bench.rounds}: {good[-1]:,.0f} answers/s of {capacity[-1]:,.0f}, "
				f"{result['non_200']:,} refused, p99 {refused[-1]:.1f} ms, {result['late']:,} late")
		stopped = bench.stop(server)
	bench.raw["overload"] = {"loads": raw, **stopped}
	lost = sum(result[name] for result in raw for name in ("unanswered", "lost", "invalid"))
	share = [each/most for each, most in zip(good, capacity)]
	offered = statistics.median(result["exchanges"]/result["seconds"] for result in raw)
	bench.row(f"handler sleeps 10 ms, 16 threads, maxQueued 64, {offer:,} requests/s offered",
		"goodput at least 95 % of what it does without the others, these 503 within 50 ms, none unanswered",
		f"{spread(good, 0)} answers/s of {offered:,.0f} requests/s, {spread([100*each for each in share], 1)} % of capacity "
		f"({spread(capacity, 0)}); 503 after p99 {spread(refused, 1)} ms, at most "
		f"{max(result['refused_max_us'] for result in raw)/1e3:.1f} ms; {lost} unanswered",
		statistics.median(share) >= 0.95 and lost == 0 and statistics.median(refused) <= 50)


def drain(bench):
	"""Requests that the server had before drain(), and did not answer."""
	lost, took, raw = [], [], []
	for i in range(bench.rounds):
		with bench.server("evhttp", threads=4, drain=10) as server:
			with bench.load("http", server, connections=256, seconds=3, warmup=0.5, timeout=1) as load:
				time.sleep(1.5)
				stopped = bench.stop(server)
				result = load.result()
		if result["exchanges"] == 0 or result["lost"] == 0:
			raise HarnessError("the server was not under load when it was told to end")
		# The clients' clock is the server's. What they sent before drain() was in the server's kernel before drain().
		first = result.get("first_lost_ns", 0)
		lost.append(1 if first and first < stopped["stop_begin_ns"] else 0)
		took.append(stopped["stop_ms"])
		raw.append({**result, **stopped})
		bench.progress(f"drain {i + 1}/{bench.rounds}: {stopped['requests']:,} requests, {stopped['completed']:,} completed; "
			f"first lost request sent {(first - stopped['stop_begin_ns'])/1e6:.2f} ms after drain()")
	bench.raw["drain"] = raw
	cancelled = sum(result["cancelled"] for result in raw)
	bench.row("drain() under full load, 256 connections: runs that lost a request sent before it", "0",
		f"{sum(lost)} of {len(lost)}; drain() took {spread(took, 1)} ms; of {sum(result['requests'] for result in raw):,} requests "
		f"received {cancelled} were cancelled", sum(lost) == 0 and cancelled == 0)
