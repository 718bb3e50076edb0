#!/usr/bin/env python3
"""Compares two builds of EVNet: what a request costs with the one and with the other, in turn. See README.md.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import re
import resource
import statistics
import sys

sys.dont_write_bytecode = True # leaves nothing in the source tree

from bench import ratios, spread
from figures_tls import certificate, run_tool
from harness import HarnessError, Load, MissingTool, Server, SystemCalls, find_program, require_tool

LIMIT = 1.02
COUNTED = 9600 # requests in the window of strace


def parse_arguments():
	parser = argparse.ArgumentParser(description="Loads the BenchServer of two builds in turn, and prints what a request costs: medians, "
		"ranges, and the ratio of each pair of rounds.",
		epilog=f"Exit status: 0, or 1 if the median of a ratio of CPU per request is above {LIMIT}.")
	parser.add_argument("old", type=pathlib.Path, help="a build directory, configured with -DEVNET_BENCHMARK=ON")
	parser.add_argument("new", type=pathlib.Path, help="another one")
	parser.add_argument("--rounds", type=int, default=9, metavar="N", help="of each server (default: 9)")
	parser.add_argument("--seconds", type=float, default=2, metavar="S", help="of one round (default: 2)")
	parser.add_argument("--connections", type=int, nargs="+", default=[16, 256], metavar="N", help="at once (default: 16 256)")
	parser.add_argument("--only", nargs="+", choices=["hello", "tls"], default=["hello", "tls"], help="without or with TLS (default: both)")
	parser.add_argument("--threads", type=int, default=4, metavar="N", help="that run requests (default: 4)")
	parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all values there")
	return parser.parse_args()


def context_switches(server):
	"""Of all threads that are there."""
	total = 0
	for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir():
		with contextlib.suppress(OSError):
			total += sum(int(number) for number in re.findall(r"ctxt_switches:\s*(\d+)", (task / "status").read_text()))
	return total


def plain_load(client, server, connections, seconds):
	"""Returns the number of requests and the seconds they took."""
	with Load(client, "http", server.port, connections=connections, seconds=seconds, warmup=0) as load:
		result = load.result()
	bad = {name: result[name] for name in ("unanswered", "lost", "invalid", "non_200") if result.get(name)}
	if bad:
		raise HarnessError(f"{server.name}: {bad}")
	return {"requests": result["exchanges"], "rate": result["per_second"]}


def secure_load(_, server, connections, seconds):
	text = run_tool(require_tool("wrk"), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}", "--timeout", "10s",
		f"https://127.0.0.1:{server.port}/")
	found = re.search(r"(\d+) requests in ([\d.]+)s", text)
	if "Non-2xx" in text or "Socket errors" in text or not found or int(found.group(1)) == 0:
		raise HarnessError(f"{server.name}: {text}")
	return {"requests": int(found.group(1)), "rate": float(re.search(r"Requests/sec:\s*([\d.]+)", text).group(1))}


class Values:
	"""Of one server: a value for each round."""

	def __init__(self):
		self.micros = []
		self.rates = []
		self.switches = []
		self.calls = None

	def add(self, server, load):
		cpu, switches = server.cpu_seconds(), context_switches(server)
		result = load()
		# With opening the connections, and the handshakes: both servers have them
		requests = result["requests"]
		self.micros.append((server.cpu_seconds() - cpu)/requests*1e6)
		self.switches.append((context_switches(server) - switches)/requests)
		self.rates.append(result["rate"])


def measure(arguments, what, connections, start):
	"""Returns the Values of both."""
	values = {"old": Values(), "new": Values()}
	load = secure_load if what == "tls" else plain_load
	client = find_program(arguments.new, "LoadClient") # the same for both
	with contextlib.ExitStack() as stack:
		servers = {name: stack.enter_context(start(name)) for name in values}
		for server in servers.values():
			load(client, server, connections, 0.5)
		for i in range(arguments.rounds):
			# Who comes first changes, so that neither is always the one that finds the machine cooled down
			for name in list(values)[::1 if i % 2 == 0 else -1]:
				values[name].add(servers[name], lambda: load(client, servers[name], connections, arguments.seconds))
			print(f"  {what} {connections}: {i + 1}/{arguments.rounds}: old {values['old'].micros[-1]:.2f}, "
				f"new {values['new'].micros[-1]:.2f} us", file=sys.stderr, flush=True)
		for name, server in servers.items():
			values[name].calls = count_calls(what, client, server, connections, load)
		for server in servers.values():
			problem = server.stop()[1]
			if problem:
				raise HarnessError(problem)
	return values


def count_calls(what, client, server, connections, load):
	"""System calls per request, by strace in a window of its own: it slows the server down."""
	if what == "tls":
		with SystemCalls(server) as calls:
			requests = load(client, server, connections, 1)["requests"]
	else:
		requests = COUNTED//connections*connections
		with Load(client, "http", server.port, connections=connections, count=requests, warmup_count=requests, gate=True) as load_process:
			load_process.ready()
			with SystemCalls(server) as calls:
				load_process.go()
				load_process.done()
			load_process.release()
	return sum(calls.calls.values())/requests


def report(title, values):
	"""Prints a table. Returns the median ratio of CPU per request."""
	print(f"\n{title}")
	old, new = values["old"], values["new"]
	rows = [("CPU per request, us", "micros", 2), ("requests/s", "rates", 0), ("context switches per request", "switches", 3)]
	for name, key, digits in rows:
		a, b = getattr(old, key), getattr(new, key)
		ratio = spread(ratios(b, a), 3) if min(a) > 0 else "-"
		print(f"  {name:30} old {spread(a, digits):32} new {spread(b, digits):32} new/old {ratio}")
	print(f"  {'system calls per request':30} old {old.calls:<32.2f} new {new.calls:<32.2f} new/old {new.calls/old.calls:.3f}")
	return statistics.median(ratios(new.micros, old.micros))


def main():
	arguments = parse_arguments()
	resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],)*2)
	programs = {"old": find_program(arguments.old, "BenchServer"), "new": find_program(arguments.new, "BenchServer")}
	everything = {}
	worst = 0
	with certificate() as pem:
		for what in arguments.only:
			for connections in arguments.connections:
				def start(name):
					options = [f"--certificate={pem}"] if what == "tls" else []
					return Server([programs[name], "--server=evhttp", f"--threads={arguments.threads}", *options])
				values = measure(arguments, what, connections, start)
				title = f"{'TLS hello' if what == 'tls' else 'hello'}, {connections} connections"
				worst = max(worst, report(title, values))
				everything[title] = {name: vars(value) for name, value in values.items()}
	if arguments.json:
		arguments.json.write_text(json.dumps({"date": datetime.date.today().isoformat(), "cores": os.cpu_count(),
			"rounds": arguments.rounds, "seconds": arguments.seconds, "values": everything}, indent="\t") + "\n")
	print(f"\nCPU per request, new/old, worst median: {worst:.3f} (at most {LIMIT}: {'met' if worst <= LIMIT else 'NOT MET'})")
	sys.exit(0 if worst <= LIMIT else 1)


try:
	main()
except (HarnessError, MissingTool) as error:
	sys.exit(f"against: {error}")
