#!/usr/bin/env python3
"""Measures all models of servers, and other servers, with all kinds of work, and writes it down. See README.md.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True # leaves nothing but results in the source tree

import pictures
import report
from harness import HarnessError, Load, MissingTool, Process, SystemCalls, find_program
from machine import describe_machine, need_descriptors
from subjects import NAMES, context_switches, cpu_seconds, end, memory_bytes, missing, start, why_not
from workloads import BUSY, WORKLOADS

HERE = pathlib.Path(__file__).resolve().parent

COUNTED = 6400 # requests, under strace


def parse_arguments():
	parser = argparse.ArgumentParser(description="Measures the models of the sample ServerModels, and other servers, and writes "
		"benchmark/results/DATE-machine.{json,md} and pictures.",
		epilog="Exit status: 1 if a server crashed or answered wrongly, 2 if a tool is missing.")
	parser.add_argument("--build", metavar="DIR", help="the build directory, configured with -DEVNET_BENCHMARK=ON")
	parser.add_argument("--only", nargs="+", metavar="NAME", choices=[*WORKLOADS, *NAMES],
		help="these servers and kinds of work only: " + ", ".join([*WORKLOADS, *NAMES]))
	parser.add_argument("--quick", action="store_true", help="under five minutes: one number of connections each, short measurements")
	parser.add_argument("--rounds", type=int, metavar="N", help="how often each is measured (default: 3)")
	parser.add_argument("--seconds", type=float, metavar="S", help="length of one measurement (default: 1)")
	parser.add_argument("--compare", nargs=2, type=pathlib.Path, metavar=("A.json", "B.json"),
		help="measure nothing; say what changed from A to B beyond the noise")
	parser.add_argument("--draw", type=pathlib.Path, metavar="A.json",
		help="measure nothing; write the table and draw the pictures of A again")
	parser.add_argument("--results", type=pathlib.Path, default=HERE / "results", metavar="DIR",
		help="where to write (default: results beside this file)")
	arguments = parser.parse_args()
	arguments.rounds = arguments.rounds or 3
	arguments.seconds = arguments.seconds or (0.4 if arguments.quick else 1)
	if arguments.rounds < 1 or not 0.2 <= arguments.seconds <= 60:
		parser.error("--rounds must be positive, --seconds from 0.2 to 60")
	if not arguments.build and not arguments.compare and not arguments.draw:
		parser.error("--build is missing")
	return arguments


class Progress:
	"""Says what is measured, how far it is, and how long it will take."""

	def __init__(self, total):
		self._total = total
		self._done = 0
		self._begin = time.monotonic()

	def elapsed(self):
		return time.monotonic() - self._begin

	def step(self, text):
		self._done += 1
		left = self.elapsed()/self._done*(self._total - self._done)
		self.say(f"{100*self._done//self._total:3} %, {int(left)//60}:{int(left)%60:02} left  {text}")

	def skip(self, number):
		self._total -= number

	def say(self, text):
		print(f"[{int(self.elapsed())//60:3}:{int(self.elapsed())%60:02}] {text}", file=sys.stderr, flush=True)


class Matrix:
	"""What is measured, and what comes out of it."""

	def __init__(self, arguments):
		self._build = arguments.build
		self._rounds = arguments.rounds
		self._seconds = arguments.seconds
		# How long to wait for answers after that time: who has to wait longer is not served.
		self._patience = 0.3 if arguments.quick else 1.0
		self._client = find_program(arguments.build, "LoadClient")
		self._slow_client = find_program(arguments.build, "PacedClient")
		self.cells = {} # "work/connections/server": what was measured
		self.left_out = {} # server: why; "work/connections/server": why
		self.problems = []
		self._quick = arguments.quick
		self._workloads = {name: workload for name, workload in WORKLOADS.items()
			if self._numbers(workload) and self._wanted(arguments.only, name, WORKLOADS)}
		self._names = []
		for name in NAMES:
			reason = missing(arguments.build, name)
			if reason:
				self.left_out[name] = reason
			elif self._wanted(arguments.only, name, NAMES):
				self._names.append(name)
		measurements = sum(len(self._numbers(workload)) for workload in self._workloads.values())
		self.progress = Progress(measurements * len(self._names) * self._rounds)
		for name in self.left_out:
			self.progress.say(f"{name} {self.left_out[name]}")

	@staticmethod
	def _wanted(only, name, kind):
		"""Without a name of that kind, all of it."""
		return not only or name in only or not any(wanted in kind for wanted in only)

	def _numbers(self, workload):
		if not self._quick:
			return workload.connections
		return (workload.quick,) if workload.quick else ()

	def most_connections(self):
		return max(number for workload in self._workloads.values() for number in self._numbers(workload))

	def run(self):
		for name, workload in self._workloads.items():
			self.progress.say(f"{name}: {workload.title}")
			if workload.crowd:
				for number in self._numbers(workload):
					self._measure_crowd(name, workload, number)
			else:
				self._measure(name, workload)

	def _able(self, name, workload, number):
		"""The servers that can do that; the others are noted."""
		able = []
		for subject in self._names:
			reason = why_not(subject, workload, number)
			if reason:
				self.left_out[f"{name}/{number}/{subject}"] = reason
				self.progress.skip(self._rounds)
			else:
				able.append(subject)
		return able

	def _measure(self, name, workload):
		"""All servers run at the same time, and are loaded in turn: what disturbs the machine for a while disturbs all."""
		running = {}
		try:
			for subject in self._names:
				if any(why_not(subject, workload, number) is None for number in self._numbers(workload)):
					running[subject] = start(self._build, subject, workload)
			for number in self._numbers(workload):
				able = self._able(name, workload, number)
				for i in range(self._rounds):
					for subject in able:
						self._attempt(name, number, subject,
							lambda subject=subject, number=number: self._once(running[subject], workload, number))
				for subject in able:
					if workload.calls and number == 256 and not self._quick:
						self._count_calls(name, running[subject], subject, workload, number)
		finally:
			for subject, server in running.items():
				trouble = end(server)
				if trouble:
					self.problem(f"{name}: {subject}: {trouble}")

	def _attempt(self, name, number, subject, measure):
		"""One measurement. A server that fails does not end the others'."""
		key = f"{name}/{number}/{subject}"
		try:
			values = measure()
		except HarnessError as error:
			self.problem(f"{key}: {error}")
			self.progress.step(f"{key}: failed")
			return
		self.cells.setdefault(key, []).append(values)
		wrong = {what: values[what] for what in ("invalid", "non_200", "lost") if values.get(what)}
		if wrong:
			self.problem(f"{key}: " + ", ".join(f"{value:,} {what}" for what, value in wrong.items()))
		self.progress.step(f"{key}: {values['per_second']:,.0f}/s, {values['cpu_us']:.1f} us CPU, {values['served']:,} of "
			f"{values['connections']:,} served")

	def _once(self, server, workload, number):
		"""As many requests as possible; then, where there are several connections, a constant rate, for the latencies."""
		options = dict(workload.options, connections=number, seconds=self._seconds, warmup=self._seconds/4, timeout=self._patience,
			sources=8 if number > 5000 else 0)
		if not options["sources"]:
			del options["sources"]
		before_load = cpu_seconds(server), context_switches(server)
		with Load(self._client, workload.mode, server.port, gate=True, **options) as load:
			load.ready()
			if workload.mode != "close":
				before_load = cpu_seconds(server), context_switches(server)
			load.go()
			result = load.done()
			used, switches = cpu_seconds(server) - before_load[0], context_switches(server) - before_load[1]
			load.release()
		values = {what: result[what] for what in ("per_second", "exchanges", "served", "unanswered", "lost", "invalid", "non_200")}
		# New connections each have their process or thread, whose time is known when it has ended: warm-up included.
		exchanges = result["exchanges"]*(1.25 if workload.mode == "close" else 1) or 1
		values.update(connections=number, cpu_us=used/exchanges*1e6, switches=switches/exchanges)
		if workload.rate and number > 1 and not self._quick:
			with Load(self._client, workload.mode, server.port, rate=workload.rate, corrected=True, **options) as load:
				result = load.result()
			values.update(p50_us=result["p50_us"], p99_us=result["p99_us"], p999_us=result["p999_us"], unsent=result["unsent"])
		return values

	def _count_calls(self, name, server, subject, workload, number):
		if not shutil.which("strace"):
			return
		try:
			options = dict(connections=number, count=COUNTED, warmup=0.2, timeout=self._patience, gate=True)
			with Load(self._client, workload.mode, server.port, **options) as load:
				load.ready()
				with SystemCalls(server) as traced:
					load.go()
					result = load.done()
				load.release()
			self.cells[f"{name}/{number}/{subject}"][-1]["system_calls"] = sum(traced.calls.values())/max(1, result["exchanges"])
		except (HarnessError, KeyError) as error:
			self.progress.say(f"{subject}: system calls not counted: {error}")

	def _measure_crowd(self, name, workload, number):
		"""A fresh server each time, because the memory is measured as well."""
		able = self._able(name, workload, number)
		for _ in range(self._rounds):
			for subject in able:
				self._attempt(name, number, subject, lambda subject=subject: self._beside_crowd(subject, workload, number))

	def _beside_crowd(self, subject, workload, number):
		server = start(self._build, subject, workload)
		crowd = None
		try:
			with Load(self._client, "http", server.port, connections=16, seconds=0.3, timeout=self._patience) as load:
				load.result()
			before = memory_bytes(server)
			crowd, served = self._idle_crowd(server, number) if workload.crowd == "idle" else self._slow_crowd(server, number)
			grown = memory_bytes(server) - before
			busy = BUSY[workload.crowd]
			try:
				result, cpu = self._load_busy(server, busy)
			except HarnessError:
				server.check()
				result, cpu = {"per_second": 0, "exchanges": 0, "served": 0, "invalid": 0, "non_200": 0}, 0 # not even connected
			return {"per_second": result["per_second"], "cpu_us": cpu/(result["exchanges"] or 1)*1e6, "connections": busy,
				"served": result["served"], "crowd_served": served, "memory": grown/number if served == number else None,
				"invalid": result["invalid"], "non_200": result["non_200"]}
		finally:
			if crowd:
				crowd.kill()
			trouble = end(server)
			if trouble:
				self.problem(f"{subject} beside a crowd: {trouble}")

	def _load_busy(self, server, connections):
		options = dict(connections=connections, seconds=self._seconds, warmup=self._seconds/4, timeout=self._patience, gate=True)
		with Load(self._client, "http", server.port, **options) as load:
			load.ready()
			cpu = cpu_seconds(server)
			load.go()
			result = load.done()
			cpu = cpu_seconds(server) - cpu
			load.release()
		return result, cpu

	def _idle_crowd(self, server, number):
		crowd = Load(self._client, "hold", server.port, connections=number, keep=True, timeout=5*self._patience)
		held = crowd.held()
		return crowd, held["answered1"]

	def _slow_crowd(self, server, number):
		crowd = Process([self._slow_client, "header", f"--port={server.port}", f"--connections={number}", "--rate=10", "--interval=1000"])
		crowd.read_until("ready", 60)
		return crowd, 0

	def problem(self, text):
		self.problems.append(text)
		self.progress.say("PROBLEM: " + text)


def result_name(arguments, machine):
	"""A run that is not the whole one gets a name of its own, and never takes the place of a whole one."""
	model = re.sub(r"\(\w+\)|\bCPU\b|\bProcessor\b|@.*", "", machine["cpu"], flags=re.IGNORECASE)
	slug = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")
	name = datetime.date.today().isoformat() + f"-{slug}-{machine['cores']}-cores"
	return name + ("-quick" if arguments.quick else "") + ("-partial" if arguments.only else "")


def measure(arguments):
	machine = describe_machine(arguments.build)
	matrix = Matrix(arguments)
	need_descriptors(matrix.most_connections())
	if machine["load_before"] > 0.5:
		matrix.progress.say(f"NOTE: the machine is busy already (load average {machine['load_before']})")
	matrix.run()
	results = {"date": datetime.datetime.now().isoformat(timespec="seconds"), "machine": machine, "rounds": arguments.rounds,
		"seconds": arguments.seconds, "took": round(matrix.progress.elapsed()), "left_out": matrix.left_out,
		"problems": matrix.problems, "cells": matrix.cells}
	arguments.results.mkdir(parents=True, exist_ok=True)
	path = arguments.results / (result_name(arguments, machine) + ".json")
	# A line for each cell
	path.write_text(json.dumps(results).replace('], "', '],\n"').replace(', "cells": {', ',\n"cells": {\n') + "\n")
	write(path, results)
	for problem in matrix.problems:
		matrix.progress.say("PROBLEM: " + problem)
	matrix.progress.say(f"written: {os.path.relpath(path)} and .md")
	return 1 if matrix.problems else 0


def write(path, results):
	"""The table and the pictures."""
	text = report.table(results)
	path.with_suffix(".md").write_text(text)
	print(text)
	for picture in pictures.draw(results, path.with_suffix("")):
		print(f"picture: {os.path.relpath(picture)}", file=sys.stderr)


def main():
	# Also when the harness is told to end, the servers must not stay behind.
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	arguments = parse_arguments()
	try:
		if arguments.compare:
			return report.compare(*(json.loads(path.read_text()) for path in arguments.compare))
		if arguments.draw:
			write(arguments.draw, json.loads(arguments.draw.read_text()))
			return 0
		return measure(arguments)
	except MissingTool as error:
		print(f"matrix.py: {error}", file=sys.stderr)
		return 2
	except KeyboardInterrupt:
		return 130


if __name__ == "__main__":
	sys.exit(main())
