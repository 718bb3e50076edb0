#!/usr/bin/env python3
"""Counts the instructions of the microbenchmarks, and compares them with those accepted in instructions.json. See README.md.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import argparse
import json
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from harness import HarnessError, MissingTool, find_program, require_tool
from machine import first_match

ACCEPTED = pathlib.Path(__file__).resolve().parent / "instructions.json"
NAMES = ("parse/EVNet/1", "parse/EVNet/10", "exchange/EVNet/1", "exchange/EVNet/10", "timeoutList/10000", "slab/10000", "queue/1000")
#: Two runs that differ in nothing but that: what they have in common, like the start of the program, is not counted.
FEW, MANY = 2000, 6000
GROWTH = 0.05


def instructions(program, name, iterations):
	with tempfile.NamedTemporaryFile(prefix="evnet-callgrind-") as output:
		result = subprocess.run([require_tool("valgrind"), "--tool=callgrind", f"--callgrind-out-file={output.name}", program,
			f"--iterations={iterations}", f"--benchmark_filter=^{name}(/|$)"], capture_output=True, text=True, check=False)
		match = re.search(r"^(?:summary|totals): (\d+)", pathlib.Path(output.name).read_text(), re.MULTILINE)
	if result.returncode != 0 or not match:
		raise HarnessError(f"{name}: {result.stderr[-500:]}")
	return int(match.group(1))


def count(program):
	"""Instructions of one iteration of each."""
	return {name: round((instructions(program, name, MANY) - instructions(program, name, FEW))/(MANY - FEW), 1) for name in NAMES}


def circumstances(build):
	"""On what the counts depend besides the source."""
	cache = pathlib.Path(build) / "CMakeCache.txt"
	compiler = first_match(cache, r"^CMAKE_CXX_COMPILER:\w+=(.*)$", "c++")
	version = subprocess.run([compiler, "-dumpfullversion", "-dumpversion"], capture_output=True, text=True, check=False).stdout.strip()
	poco = pathlib.Path(first_match(cache, r"^Poco_DIR:\w+=(.*)$", "")) / "PocoConfigVersion.cmake"
	return {"architecture": platform.machine(), "compiler": f"{pathlib.Path(compiler).name} {version}",
		"poco": first_match(poco, r'PACKAGE_VERSION "([^"]*)"', "unknown"),
		"build_type": first_match(cache, r"^CMAKE_BUILD_TYPE:\w+=(.*)$", "none")}


def compare(counts, accepted):
	"""Prints the table. Returns the names that have grown."""
	grown = []
	for name, value in counts.items():
		before = accepted.get(name)
		text = f"{name:20} {value:10,.1f}"
		if before:
			text += f"   accepted {before:10,.1f}   {100*(value/before - 1):+6.1f} %"
			if value > before*(1 + GROWTH):
				grown.append(name)
				text += "   MORE"
		print(text)
	return grown


def main():
	parser = argparse.ArgumentParser(description="Counts the instructions of the microbenchmarks with callgrind.",
		epilog=f"Exit status: 1 if one takes {100*GROWTH:.0f} % more than instructions.json says, 2 if a tool is missing.")
	parser.add_argument("--build", required=True, metavar="DIR", help="the build directory, configured with -DEVNET_BENCHMARK=ON")
	parser.add_argument("--accept", action="store_true", help="write what is counted to instructions.json")
	arguments = parser.parse_args()
	try:
		here = circumstances(arguments.build)
		counts = count(find_program(arguments.build, "MicroBenchmark"))
	except MissingTool as error:
		print(f"instructions.py: {error}", file=sys.stderr)
		return 2
	except HarnessError as error:
		print(f"instructions.py: {error}", file=sys.stderr)
		return 1
	accepted = json.loads(ACCEPTED.read_text()) if ACCEPTED.exists() else {"circumstances": here, "instructions": {}}
	grown = compare(counts, accepted["instructions"])
	if arguments.accept:
		ACCEPTED.write_text(json.dumps({"circumstances": here, "instructions": counts}, indent="\t") + "\n")
		return 0
	if here != accepted["circumstances"]:
		print(f"not comparable: counted with {here}, accepted with {accepted['circumstances']}")
		return 0
	if grown:
		print(f"instructions.py: more than {100*GROWTH:.0f} % more instructions: {', '.join(grown)}. "
			"If that is right: ./dev instructions --accept", file=sys.stderr)
		return 1
	return 0


if __name__ == "__main__":
	sys.exit(main())
