"""The figures of the engine: what is measured, against which bar. README.md says why it is measured this way.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import statistics
import time

from bench import ENGINE, Subject, at_most, compare, spread
from harness import HarnessError, SystemCalls, close_seconds, describe_site


def hold(bench):
	"""Many keep-alive connections on four threads."""
	number = bench.many
	for kind, name, timeout in (("evhttp", "EVHTTPServer", 10), ("pocohttp", "Poco::Net::HTTPServer", 4)):
		with bench.server(kind, threads=4) as server:
			with bench.load("hold", server, connections=number, idle=5, timeout=timeout) as load:
				result = load.result()
			stopped = bench.stop(server)
		bench.raw[f"hold {kind}"] = {**result, **stopped}
		text = (f"answered {result['answered1']:,}, then {result['answered2']:,} of {number:,};"
			f" {result['lost'] + result['invalid'] + result['non_200']:,} errors")
		if kind == "evhttp":
			text += f" (in {result['answers1_ms']:,.0f} and {result['answers2_ms']:,.0f} ms)"
			good = result["answered1"] == result["answered2"] == number
			bench.check("hold", result)
			bench.row(f"{number:,} keep-alive connections, 4 threads, idle 5 s: {name}", "all, no error", text,
				good and not result["non_200"])
		else:
			bench.row(f"the same: {name}", "(beside it)", text)


def echo(bench):
	"""CPU per echoed message of 64 bytes."""
	measured = compare(bench, "echo", {"EVTCPServer": Subject("evtcp", threads=16), "epoll_server": Subject("epoll_echo")},
		"echo", what="message", connections=256, size=64)
	bench.ratio_row("echo of 64 bytes, 256 connections: CPU per message, EVTCPServer / epoll_server",
		measured["EVTCPServer"].micros, measured["epoll_server"].micros, *at_most(1.25))
	for name, values in measured.items():
		bench.row(f"echo: {name}", "", values.text("message"))


def syscalls(bench):
	"""System calls per keep-alive request, over windows that begin and end between two requests."""
	number = 20000 if bench.rounds >= 5 else 10000
	windows = []
	with bench.server("evhttp", threads=16) as server:
		for i in range(bench.rounds):
			with bench.load("http", server, connections=256, count=number, gate=True) as load:
				load.ready()
				with SystemCalls(server) as traced:
					load.go()
					result = bench.check("syscalls", load.done())
				load.release()
			if not traced.calls:
				raise HarnessError("strace has counted nothing")
			windows.append({name: count / result["exchanges"] for name, count in traced.calls.items()})
			bench.progress(f"syscalls {i + 1}/{bench.rounds}: {sum(windows[-1].values()):.3f} per request")
		stopped = bench.stop(server)

	bench.raw["syscalls"] = {"per_request": windows, **stopped}
	names = sorted({name for window in windows for name in window})
	each = {name: statistics.median(window.get(name, 0) for window in windows) for name in names}
	total = [sum(window.values()) for window in windows]
	control = [window.get("epoll_ctl", 0) for window in windows]
	listing = ", ".join(f"{name} {each[name]:.3f}" for name in sorted(names, key=lambda name: -each[name]) if each[name] >= 0.0005)
	bench.row("system calls per keep-alive request, 256 connections", "at most 2.1", spread(total, 3) + ": " + listing,
		statistics.median(total) <= 2.1)
	bench.row("epoll_ctl calls per keep-alive request", "at most 0.01", spread(control, 4), statistics.median(control) <= 0.01)


def expiry(bench):
	"""The longest stall while very many connections of one loop expire together, whose requests were run by workers."""
	number = 19000 # of the 20,000 descriptors that a process has, on many systems
	keep_alive = 10
	longest = []
	with bench.server("evhttp", threads=4, loops=1, execution="dedicated", keepAlive=keep_alive, capacity=number + 500) as server:
		for i in range(max(1, min(bench.rounds, 3))):
			with bench.load("hold", server, connections=number, sources=8, timeout=60, keep=True) as crowd:
				crowd.held(120)
				# From before the first one expires until the last one is closed
				with bench.load("http", server, connections=4, rate=100, seconds=keep_alive + 6, warmup=0.2, corrected=True) as load:
					result = load.result()
				crowd.release()
			longest.append(result["max_us"] / 1e3)
			bench.raw.setdefault("expiry", []).append(result)
			bench.progress(f"expiry {i + 1}: {longest[-1]:.1f} ms at most")
		stopped = bench.stop(server)
	bench.raw["expiry server"] = stopped
	bench.row(f"{number:,} connections of one loop expire together, requests run by workers: longest answer to another client",
		"at most 20 ms", spread(longest, 1) + " ms", statistics.median(longest) <= 20)


def malloc_windows(bench, allocations, server, mode, options):
	"""Counts the allocations of a server in exact windows, and says where the engine's come from."""
	windows = []
	# Twice as many at once as later: what the engine keeps for as many as there
	# have ever been is there before the first window.
	with bench.load(mode, server, connections=512, **options) as load:
		bench.check("mallocs", load.result())
	for i in range(bench.rounds):
		with bench.load(mode, server, connections=256, gate=True, **options) as load:
			load.ready()
			time.sleep(0.3) # the server is told of the last closes
			before = allocations.sample(server)
			load.go()
			number = bench.check("mallocs", load.done())["exchanges"]
			time.sleep(0.3)
			after = allocations.sample(server)
			load.release()
		if number == 0:
			raise HarnessError("no message was answered")
		window = {name: after[name] - before[name] for name in ("allocations", "module", "module_poco", "other")}
		window["exchanges"] = number
		window["sites"] = {offset: count - before["sites"].get(offset, 0) for offset, count in after["sites"].items()
			if count > before["sites"].get(offset, 0)}
		windows.append(window)
		bench.progress(f"mallocs {i + 1}/{bench.rounds}: {window['module']} by the engine in {number:,} {mode} exchanges")
	worst = max(windows, key=lambda window: window["module"])
	library = server.mapped_file(ENGINE)
	for offset, count in sorted(worst["sites"].items(), key=lambda site: -site[1])[:8]:
		bench.progress(f"  {count:,} x {describe_site(library, offset)}")
	return windows


def mallocs(bench):
	"""Allocations per message, accepted connection and HTTP request, by who asked for the memory."""
	modes = (
		("request, echo", "evtcp", 16, "echo", {"count": 20000, "warmup_count": 20000}),
		("accepted connection, echo", "evtcp", 16, "churn", {"count": 5000, "warmup_count": 5000}),
		("HTTP hello request", "evhttp", 4, "http", {"count": 20000, "warmup_count": 20000}),
	)
	for what, kind, threads, mode, options in modes:
		with bench.allocations() as allocations, bench.server(kind, allocations.environment, threads=threads) as server:
			if not server.mapped_file(ENGINE):
				raise HarnessError("the engine's allocations can be told from others in a shared build only")
			windows = malloc_windows(bench, allocations, server, mode, options)
			bench.stop(server)
		bench.raw[f"mallocs {what}"] = windows
		number = sum(window["exchanges"] for window in windows)
		engine, called, others = [sum(window[name] for window in windows) for name in ("module", "module_poco", "other")]
		parts = f"POCO when called by the engine {called / number:.4f}, all others {others / number:.4f}"
		median = statistics.median(window["module"] for window in windows)
		bench.row(f"engine mallocs per {what}, steady state", "0", f"{engine / number:.4f} ({engine:,} in {number:,}); {parts}",
			median == 0)
		if kind == "evhttp":
			total = [window["allocations"] / window["exchanges"] for window in windows]
			bench.row(f"all mallocs per {what}, steady state", "at most 8",
				f"{spread(total)}: engine {engine / number:.4f}, {parts} (handler, factory, POCO)", statistics.median(total) <= 8)


def blocking(bench):
	"""Requests/s with handlers that sleep 10 ms."""
	policies = ("adaptive", "dedicated")
	rates = {policy: [] for policy in policies}
	running = {}
	try:
		for policy in policies:
			running[policy] = bench.server("evhttp", threads=16, execution=policy, handler="sleep:10")
		for i in range(bench.rounds):
			for policy, server in running.items():
				with bench.load("http", server, connections=256, seconds=bench.seconds, warmup=0.5) as load:
					result = bench.check(f"blocking {policy}", load.result())
				rates[policy].append(result["per_second"])
				bench.progress(f"blocking {i + 1}/{bench.rounds}: {policy}: {result['per_second']:,.0f} requests/s")
		for policy, server in running.items():
			bench.raw[f"blocking {policy}"] = {"per_second": rates[policy], **bench.stop(server)}
	finally:
		for server in running.values():
			server.kill()
	for policy in policies:
		share = statistics.median(rates[policy]) / 1600
		bench.row(f"handler sleeps 10 ms, 16 threads, 256 connections: {policy.upper()}", "at least 95 % of 1,600/s",
			f"{spread(rates[policy], 0)} requests/s, {share:.1%}", share >= 0.95)


def mixed(bench):
	"""What rare slow requests do to the others, at a rate that leaves threads free."""
	rate = 10000
	handlers = {"sleepers": "mixed:100:50", "none": "hello"}
	p99 = {name: [] for name in handlers}
	results = {name: [] for name in handlers}
	running = {}
	try:
		for name, handler in handlers.items():
			running[name] = bench.server("evhttp", threads=16, execution="adaptive", handler=handler)
		for i in range(bench.rounds):
			for name, server in running.items():
				with bench.load("http", server, connections=64, seconds=bench.seconds, warmup=0.5, rate=rate) as load:
					result = bench.check(f"mixed {name}", load.result())
				p99[name].append(result["p99_us"] / 1e3)
				results[name].append(result)
				bench.progress(f"mixed {i + 1}/{bench.rounds}: {name}: p99 {p99[name][-1]:.2f} ms, "
					f"{result['per_second']:,.0f} requests/s, {result['late']:,} late")
		with bench.load("http", running["sleepers"], connections=64, seconds=bench.seconds, warmup=0.5) as load:
			saturated = bench.check("mixed", load.result())
		for name, server in running.items():
			bench.raw[f"mixed {name}"] = {"load": results[name], **bench.stop(server)}
	finally:
		for server in running.values():
			server.kill()
	bench.raw["mixed saturated"] = saturated

	more = [a - b for a, b in zip(p99["sleepers"], p99["none"])]
	bench.row(f"1 request in 100 sleeps 50 ms, 16 threads, 64 connections, {rate:,} requests/s, ADAPTIVE: p99 of the others "
		"above that without sleepers",
		"at most 3 ms", f"{spread(more)} ms; p99 {spread(p99['sleepers'])} against {spread(p99['none'])} ms", statistics.median(more) <= 3)
	bench.row("the same as fast as the client can: more sleepers than threads", "",
		f"p50 {saturated['p50_us'] / 1e3:.2f} ms, p99 {saturated['p99_us'] / 1e3:.2f} ms, {saturated['per_second']:,.0f} requests/s "
		"of at most 32,000")


def stop(bench):
	"""The time stop() takes with many idle connections."""
	number = bench.many
	times, floor, raw = [], [], []
	for i in range(bench.rounds):
		with bench.server("evhttp", threads=4) as server:
			with bench.load("hold", server, connections=number, keep=True) as load:
				held = bench.check("stop", load.held())
				stopped = bench.stop(server)
				load.release()
		times.append(stopped["stop_ms"])
		raw.append({**held, **stopped})
		floor.append(close_seconds(bench.client, number) * 1e3)
		bench.progress(f"stop {i + 1}/{bench.rounds}: {times[-1]:.1f} ms; the close() calls alone, by one thread: {floor[-1]:.1f} ms")
	bench.raw["stop"] = {"servers": raw, "close_ms": floor}
	bench.row(f"stop() with {number:,} idle connections", "under 200 ms", spread(times, 1) + " ms", statistics.median(times) < 200)
	bench.row(f"{number:,} close() calls on such connections, by one thread", "(beside it)", spread(floor, 1) + " ms")
