"""The HTTP figures: EVHTTPServer beside an epoll server in C, POCO's HTTPServer, and other servers.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import statistics

from bench import Subject, at_least, at_most, compare, less_than, measure_once, ratios, spread

OURS = "EVHTTPServer"
BAR = "epoll_server"
POCO = "HTTPServer, 16 threads"


def peers(*names):
	return {name: Subject(name) for name in names}


def cpu_rows(bench, measured, others, title):
	"""CPU per request against each of the others: {name: (test, bar)}."""
	for name, (met, bar) in others.items():
		if name in measured:
			bench.ratio_row(f"{title}: CPU per request, {OURS} / {name}", measured[OURS].micros, measured[name].micros, met, bar)


def rate_rows(bench, measured, names, title):
	for name in names:
		if name in measured:
			bench.ratio_row(f"{title}: requests/s, {OURS} / {name}", measured[OURS].rates, measured[name].rates, *at_least(1))


def server_rows(bench, measured, title):
	for name, values in measured.items():
		bench.row(f"{title}: {name}", "", values.text("request"))


def hello(bench):
	"""CPU per request and requests/s of hello, 256 keep-alive connections, beside all peers."""
	title = "HTTP hello, 256 connections"
	others = ("nginx", "h2o", "libmicrohttpd", "libevent")
	fair = "HTTPServer, 256 threads"
	measured = compare(bench, "hello", bench.available(title, {
		OURS: Subject("evhttp", threads=4),
		BAR: Subject("epoll_http"),
		**peers(*others),
		POCO: Subject("pocohttp", starves=True, threads=16),
		fair: Subject("pocohttp", threads=256),
	}), "http", calls=True, connections=256)
	cpu_rows(bench, measured, {BAR: at_most(1.2), **{name: less_than(1) for name in others}, POCO: at_most(0.333)}, title)
	bench.row(f"{title}: CPU per request, {OURS} / {fair}, which serve all connections", "(beside it)",
		spread(ratios(measured[OURS].micros, measured[fair].micros)) + " x")
	rate_rows(bench, measured, others, title)
	server_rows(bench, measured, title)


def fields(bench):
	"""CPU per request with the ten header fields of a browser, 256 keep-alive connections."""
	title = "HTTP with a browser's fields, 256 connections"
	others = ("nginx", "h2o")
	measured = compare(bench, "fields", bench.available(title, {
		OURS: Subject("evhttp", threads=4),
		BAR: Subject("epoll_http"),
		**peers(*others),
	}), "http", connections=256, fields="browser")
	cpu_rows(bench, measured, {name: less_than(1) for name in others}, title)
	server_rows(bench, measured, title)


def pipelining(bench):
	"""Requests/s with 16 requests sent at once, 64 keep-alive connections."""
	title = "HTTP hello, 16 requests at once, 64 connections"
	fair = "HTTPServer, 64 threads"
	measured = compare(bench, "pipelining", bench.available(title, {
		OURS: Subject("evhttp", threads=4),
		POCO: Subject("pocohttp", starves=True, threads=16),
		fair: Subject("pocohttp", threads=64),
		BAR: Subject("epoll_http"),
		**peers("nginx"),
	}), "http", calls=True, connections=64, pipeline=16)
	bench.ratio_row(f"{title}: requests/s, {OURS} / {POCO}", measured[OURS].rates, measured[POCO].rates, *at_least(5))
	for name in (fair, "nginx"):
		if name in measured:
			bench.row(f"{title}: requests/s, {OURS} / {name}", "(beside it)",
				spread(ratios(measured[OURS].rates, measured[name].rates)) + " x")
	server_rows(bench, measured, title)


def close(bench):
	"""CPU per request with a new connection for each, 64 clients."""
	title = "HTTP hello, a connection for each request, 64 clients"
	measured = compare(bench, "close", bench.available(title, {
		OURS: Subject("evhttp", threads=4),
		**peers("nginx"),
	}), "close", calls=True, connections=64)
	cpu_rows(bench, measured, {"nginx": at_most(1)}, title)
	server_rows(bench, measured, title)


def memory(bench):
	"""Memory per idle keep-alive connection that has been answered once."""
	number = bench.crowd
	title = f"memory of the process per idle connection, {number:,} connections"
	subjects = bench.available(title, {OURS: Subject("evhttp", threads=4), **peers("nginx")})
	growth = {name: [] for name in subjects}
	raw = {name: [] for name in subjects}
	for i in range(bench.rounds):
		for name, subject in subjects.items():
			with bench.server(subject.kind, **subject.options) as server:
				with bench.load("http", server, connections=64, count=2000, warmup_count=64) as load:
					bench.check(f"memory {name}", load.result())
				before = server.resident_bytes()
				with bench.load("hold", server, connections=number, keep=True, timeout=30) as load:
					bench.check(f"memory {name}", load.held())
					after = server.resident_bytes()
					load.release()
				bench.stop(server)
			growth[name].append((after - before) / number)
			raw[name].append({"before": before, "after": after})
			bench.progress(f"memory {i + 1}/{bench.rounds}: {name}: {growth[name][-1]:.0f} bytes, {before / 1024:,.0f} KiB before")
	for name, values in growth.items():
		bench.raw[f"memory {name}"] = {"bytes_per_connection": values, "resident": raw[name]}
		before = statistics.median(round["before"] for round in raw[name]) / 2**20
		text = f"{spread(values, 0)} bytes; {before:.1f} MiB without the connections"
		if name == OURS:
			bench.row(f"{title}: {name}", "at most 400 bytes", text, statistics.median(values) <= 400)
		else:
			bench.row(f"{title}: {name}", "(beside it)", text)


def idlecrowd(bench):
	"""Requests/s of 16 busy connections while many others are idle, against without these."""
	number = bench.crowd
	title = f"16 busy connections while {number:,} are idle"
	alone = Subject("evhttp", threads=4)
	rates = {"crowd": [], "alone": []}
	micros = {"crowd": [], "alone": []}
	raw = {"crowd": [], "alone": []}
	with bench.server("evhttp", threads=4) as crowded, bench.server("evhttp", threads=4) as empty:
		with bench.load("hold", crowded, connections=number, keep=True, timeout=30) as crowd:
			bench.check("idlecrowd", crowd.held())
			for i in range(bench.rounds):
				for name, server in (("crowd", crowded), ("alone", empty)):
					used, result = measure_once(bench, f"idlecrowd {name}", server, alone, "http", {"connections": 16})
					rates[name].append(result["per_second"])
					micros[name].append(used)
					raw[name].append(result)
					bench.progress(f"idlecrowd {i + 1}/{bench.rounds}: {name}: {used:.2f} us/request, "
						f"{result['per_second']:,.0f} requests/s")
			crowd.release()
		for name, server in (("crowd", crowded), ("alone", empty)):
			bench.raw[f"idlecrowd {name}"] = {"us_per_request": micros[name], "load": raw[name], **bench.stop(server)}
	bench.ratio_row(f"{title}: requests/s, with / without them", rates["crowd"], rates["alone"], *at_least(0.97))
	for name, text in (("crowd", "with them"), ("alone", "without them")):
		bench.row(f"{title}: {text}", "", f"{spread(micros[name])} us CPU/request, {spread(rates[name], 0)} requests/s")
