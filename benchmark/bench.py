"""What the figures share: the servers and clients, how long to measure, and how to compare.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import shutil
import statistics
import time

from harness import Allocations, HarnessError, Load, MissingTool, Server, SystemCalls, find_program
from peer_programs import BUILT_PEERS, INSTALLED, InstalledServer, find_installed

ENGINE = "libPocoEVNet"

#: The servers that are built here: the program, and what it is told. All others are installed.
BUILT = {
	"evhttp": ("BenchServer", ["--server=evhttp"]),
	"evtcp": ("BenchServer", ["--server=evtcp"]),
	"pocohttp": ("BenchServer", ["--server=pocohttp"]),
	"epoll_echo": ("epoll_server", []),
	"epoll_http": ("epoll_server", ["--http"]),
	**BUILT_PEERS,
}


class Subject:
	"""A server in a comparison."""

	def __init__(self, kind, starves=False, **options):
		self.kind = kind
		self.options = options
		self.starves = starves # serves some of the connections only, by design

	def load_options(self):
		"""Nobody waits long for answers that will not come."""
		return {"timeout": 0.5} if self.starves else {}


class Measured:
	"""Of one server, a value for each round."""

	def __init__(self):
		self.micros = []
		self.rates = []
		self.loads = []
		self.calls = None # system calls per request, if they could be counted

	def text(self, what):
		text = f"{spread(self.micros)} us CPU/{what}, {spread(self.rates, 0)} {what}s/s"
		if self.calls is not None:
			text += f", {self.calls:.2f} system calls/{what}"
		unanswered = statistics.median(load["unanswered"] for load in self.loads)
		if unanswered:
			text += f", {unanswered:,.0f} connections without an answer"
		return text


class Bench:
	"""The programs, how long to measure, where to say what."""

	def __init__(self, build, rounds, seconds, connections, crowd, progress):
		self.rounds = rounds
		self.seconds = seconds
		self.many = connections
		self.crowd = crowd
		self.progress = progress
		self.rows = []
		self.problems = []
		self.raw = {}
		self._build = build
		self._servers = []
		self._programs = {name: find_program(build, name) for name in ("BenchServer", "LoadClient", "AllocCounter.so", "epoll_server")}
		self.client = self._programs["LoadClient"]

	def program(self, name):
		return find_program(self._build, name)

	def server(self, kind, environment=None, **options):
		if kind in INSTALLED:
			server = InstalledServer(kind, **options)
		else:
			program, arguments = BUILT[kind]
			path = self._programs.get(program) or find_program(self._build, program)
			server = Server([path] + arguments + [f"--{name}={value}" for name, value in options.items()], environment)
		self._servers.append(server)
		return server

	def available(self, figure, subjects):
		"""Leaves out the peers that are not there, and says so in the table."""
		left = {}
		for name, subject in subjects.items():
			reason = None
			if subject.kind in INSTALLED:
				reason = None if find_installed(subject.kind) else "is not installed"
			else:
				try:
					find_program(self._build, BUILT[subject.kind][0])
				except MissingTool:
					reason = "has not been built, its library was not found"
			if reason:
				self.row(f"{figure}: {name}", "", f"not measured: {name} {reason}")
			else:
				left[name] = subject
		return left

	def report_crashes(self):
		"""Called after each figure: a server that died says more than the clients that lost it."""
		for server in self._servers:
			if server.crashed:
				self.problem(server.crashed)
		self._servers.clear()

	def stop(self, server):
		"""Stops a server. One that crashes in doing so does not make the figures void, but is a problem."""
		values, trouble = server.stop()
		if trouble:
			self.problem(trouble)
		return values

	def load(self, mode, server, **options):
		return Load(self.client, mode, server.port, **options)

	def allocations(self):
		return Allocations(self._programs["AllocCounter.so"], ENGINE)

	def row(self, figure, bar, measured, met=None):
		"""met is None where there is no bar."""
		self.rows.append({"figure": figure, "bar": bar, "measured": measured, "met": met})
		self.progress(f"{figure}: {measured}" + ("" if met is None else " - met" if met else " - NOT MET"))

	def problem(self, text):
		self.problems.append(text)
		self.progress("PROBLEM: " + text)

	def check(self, what, result):
		"""Says so if the server under test has lost, starved or refused somebody."""
		bad = {name: result[name] for name in ("unanswered", "lost", "invalid", "non_200") if result.get(name)}
		if bad:
			self.problem(f"{what}: " + ", ".join(f"{value:,} {name}" for name, value in bad.items()))
		return result

	def ratio_row(self, figure, values, reference, met, bar):
		"""A ratio with a bar: met and bar come from at_most() and the like."""
		ratio = ratios(values, reference)
		self.row(figure, bar, spread(ratio) + " x", met(statistics.median(ratio)))


def spread(values, digits=2):
	"""Median and range, for the table."""
	return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} .. {max(values):,.{digits}f})"


def ratios(values, reference):
	"""Of each round by itself: what disturbs the machine for a while disturbs both."""
	return [a / b for a, b in zip(values, reference)]


def at_most(limit):
	"""A bar: how to know whether it is met, and what it is called."""
	return (lambda value: value <= limit, f"at most {limit:.3g} x")


def at_least(limit):
	return (lambda value: value >= limit, f"at least {limit:.3g} x")


def less_than(limit):
	return (lambda value: value < limit, f"less than {limit:.3g} x")


def measure_once(bench, name, server, subject, mode, options):
	"""One server under load. Returns CPU microseconds per exchange, and what the client says."""
	with bench.load(mode, server, seconds=bench.seconds, warmup=0.5, gate=True, **subject.load_options(), **options) as load:
		load.ready()
		before = server.cpu_seconds()
		load.go()
		result = load.done()
		used = server.cpu_seconds() - before
		load.release()
	if result["exchanges"] == 0:
		raise HarnessError(f"{name} answered nothing")
	bench.check(name, {**result, "unanswered": 0 if subject.starves else result["unanswered"]})
	return used / result["exchanges"] * 1e6, result


def count_calls(bench, name, server, subject, mode, options):
	"""System calls per exchange, or None if they cannot be counted."""
	number = 9600 # what each depth of pipelining divides
	if not shutil.which("strace"):
		return None
	try:
		with bench.load(mode, server, count=number, warmup=0.5, gate=True, **subject.load_options(), **options) as load:
			load.ready()
			with SystemCalls(server) as traced:
				load.go()
				result = load.done()
			load.release()
	except HarnessError as error:
		bench.progress(f"{name}: system calls not counted: {error}")
		return None
	return sum(traced.calls.values()) / result["exchanges"]


def compare(bench, figure, subjects, mode, what="request", calls=False, **options):
	"""Loads the servers, which all run at the same time, in turn (A B A B ...). Returns {name: Measured}."""
	measured = {name: Measured() for name in subjects}
	running = {}
	try:
		for name, subject in subjects.items():
			running[name] = bench.server(subject.kind, **subject.options)
		for number in range(bench.rounds):
			for name, server in running.items():
				micros, result = measure_once(bench, f"{figure} {name}", server, subjects[name], mode, options)
				measured[name].micros.append(micros)
				measured[name].rates.append(result["per_second"])
				measured[name].loads.append(result)
				bench.progress(f"{figure} {number + 1}/{bench.rounds}: {name}: {micros:.2f} us/{what}, "
					f"{result['per_second']:,.0f} {what}s/s")
				time.sleep(0.1) # the server is told that the connections are closed, in nobody else's time
		for name, server in running.items():
			if calls:
				measured[name].calls = count_calls(bench, f"{figure} {name}", server, subjects[name], mode, options)
		for name, server in running.items():
			bench.raw[f"{figure} {name}"] = {f"us_per_{what}": measured[name].micros, "load": measured[name].loads,
				f"system_calls_per_{what}": measured[name].calls, **bench.stop(server)}
	finally:
		for server in running.values():
			server.kill()
	return measured
