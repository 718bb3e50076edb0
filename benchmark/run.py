#!/usr/bin/env python3
"""Measures the figures of EVNet and writes them down. See README.md.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import argparse
import datetime
import json
import os
import pathlib
import signal
import sys
import time

sys.dont_write_bytecode = True # leaves nothing but results in the source tree

from bench import Bench
from figures import FIGURES
from harness import HarnessError, MissingTool, require_tool
from machine import circumstances, describe_machine, need_descriptors

HERE = pathlib.Path(__file__).resolve().parent


def parse_arguments():
	parser = argparse.ArgumentParser(description="Measures the figures of EVNet, prints them as a table and writes them to "
		"benchmark/results/.",
		epilog="Exit status: 0 also if a bar is missed; 1 if a server crashed or a connection was lost; 2 if a tool is missing.")
	parser.add_argument("--build", required=True, metavar="DIR", help="the build directory, configured with -DEVNET_BENCHMARK=ON")
	parser.add_argument("--only", nargs="+", choices=FIGURES, metavar="NAME", help="measure these only: " + ", ".join(FIGURES))
	parser.add_argument("--rounds", type=int, metavar="N", help="how often each figure is measured (default: 5)")
	parser.add_argument("--seconds", type=float, metavar="S", help="length of one measurement (default: 4)")
	parser.add_argument("--connections", type=int, default=10000, metavar="N",
		help="how many the figures with many connections open (default: 10000)")
	parser.add_argument("--crowd", type=int, default=15000, metavar="N", help="how many are idle in memory and idlecrowd (default: 15000)")
	parser.add_argument("--quick", action="store_true", help="2 rounds of 1 second: to see that everything works, not to compare")
	parser.add_argument("--results", type=pathlib.Path, default=HERE / "results", metavar="DIR",
		help="where to write the results (default: results beside this file)")
	arguments = parser.parse_args()
	arguments.rounds = arguments.rounds or (2 if arguments.quick else 5)
	arguments.seconds = arguments.seconds or (1 if arguments.quick else 4)
	if arguments.rounds < 1 or not 0.5 <= arguments.seconds <= 60 or arguments.connections < 1 or arguments.crowd < 1:
		parser.error("--rounds, --connections and --crowd must be positive, --seconds from 0.5 to 60")
	return arguments


def table(rows):
	lines = ["| figure | bar | measured | met |", "|---|---|---|---|"]
	for row in rows:
		met = {None: "", True: "yes", False: "**no**"}[row["met"]]
		lines.append(f"| {row['figure']} | {row['bar']} | {row['measured']} | {met} |")
	return "\n".join(lines)


def write_results(arguments, machine, bench, seconds):
	"""A run that is not the whole one gets a name of its own, and never takes the place of a whole one."""
	now = datetime.datetime.now()
	name = now.strftime("%Y-%m-%d") + ("-quick" if arguments.quick else "") + ("-partial" if arguments.only else "")
	text = [f"# Benchmark of {now.strftime('%Y-%m-%d')}", "",
		circumstances(machine, f"{arguments.rounds} rounds, {arguments.seconds:g} s each: median (least .. greatest).",
			f"Took {seconds:.0f} s."),
		"", table(bench.rows), ""]
	if bench.problems:
		text += ["## Problems", ""] + [f"- {problem}" for problem in bench.problems] + [""]
	arguments.results.mkdir(parents=True, exist_ok=True)
	(arguments.results / (name + ".md")).write_text("\n".join(text))
	(arguments.results / (name + ".json")).write_text(json.dumps({
		"date": now.strftime("%Y-%m-%dT%H:%M:%S"), "machine": machine, "rounds": arguments.rounds, "seconds": arguments.seconds,
		"rows": bench.rows, "problems": bench.problems, "raw": bench.raw}, indent="\t") + "\n")
	return name


def measure(arguments):
	begin = time.monotonic()

	def progress(text):
		print(f"[{time.monotonic() - begin:5.0f} s] {text}", file=sys.stderr, flush=True)

	names = [name for name in FIGURES if not arguments.only or name in arguments.only]
	for tool in {tool for name in names for tool in FIGURES[name][1]}:
		require_tool(tool)
	many = {"hold": arguments.connections, "stop": arguments.connections, "memory": arguments.crowd, "idlecrowd": arguments.crowd}
	need_descriptors(max(many.get(name, 0) for name in names))
	bench = Bench(arguments.build, arguments.rounds, arguments.seconds, arguments.connections, arguments.crowd, progress)
	machine = describe_machine(arguments.build)
	if machine["build_type"] not in ("Release", "RelWithDebInfo"):
		progress(f"NOTE: the build type is {machine['build_type']}: figures of CPU time mean little")
	if machine["load_before"] > 0.5:
		progress(f"NOTE: the machine is busy already (load average {machine['load_before']}): figures of time are too high")

	for name in names:
		figure = FIGURES[name][0]
		progress(f"{name}: {figure.__doc__}")
		try:
			figure(bench)
		except HarnessError as error:
			bench.problem(f"{name}: {error}")
			bench.row(name, "", "failed: " + str(error).replace("\n", " "), False)
		bench.report_crashes()

	written = write_results(arguments, machine, bench, time.monotonic() - begin)
	print(table(bench.rows))
	progress(f"written: {written}.md and .json in {os.path.relpath(arguments.results)}")
	for problem in bench.problems:
		progress("PROBLEM: " + problem)
	return 1 if bench.problems else 0


def main():
	# Also when the harness is told to end, the servers must not stay behind.
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	arguments = parse_arguments()
	try:
		return measure(arguments)
	except MissingTool as error:
		print(f"run.py: {error}", file=sys.stderr)
		return 2
	except KeyboardInterrupt:
		return 130


if __name__ == "__main__":
	sys.exit(main())
