#!/usr/bin/env python3
"""Runs the chaos tests: what networks, clients and systems do to a server on a bad day. See README.md.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import argparse
import pathlib
import sys
import time

sys.dont_write_bytecode = True # leaves nothing in the source tree

from harness import Failure, Skip
from network import network
from scenarios import SCENARIOS, Context

SCENARIOS["network"] = network
PROGRAMS = {"ChaosServer": "bin", "ChaosClient": "bin", "EVNet-testrunner": "bin", "FaultShim.so": "lib"}


def parse_arguments():
	parser = argparse.ArgumentParser(description="Runs the chaos tests of EVNet, and prints a line for each scenario.",
		epilog="Exit status: 0 if all scenarios have passed or were skipped; 1 if one has failed.")
	parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="run these only: " + ", ".join(SCENARIOS))
	parser.add_argument("--build", required=True, metavar="DIR", help="the build directory, configured with -DEVNET_CHAOS=ON")
	parser.add_argument("--sanitized", metavar="DIR", help="a build directory with AddressSanitizer, for the soak")
	parser.add_argument("--short", action="store_true", help="less of everything, for every build")
	parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all random numbers (default: 1)")
	arguments = parser.parse_args()
	for name in arguments.scenarios:
		if name not in SCENARIOS:
			parser.error(f"there is no scenario {name}")
	return arguments


def find_programs(build):
	programs = {name: str(pathlib.Path(build).resolve() / folder / name) for name, folder in PROGRAMS.items()}
	for path in programs.values():
		if not pathlib.Path(path).is_file():
			sys.exit(f"chaos: {path} is missing: configure with -DEVNET_CHAOS=ON and build")
	return programs


def run(name, context):
	"""Returns False if the scenario has failed."""
	start = time.monotonic()
	result = True
	try:
		word, line = "passed", SCENARIOS[name](context)
	except Skip as reason:
		word, line = "skipped", str(reason)
	except Failure as failure:
		word, line, result = "FAILED", str(failure), False
	print(f"{name}: {word} ({time.monotonic() - start:.0f} s): {line}", flush=True)
	return result


def main():
	arguments = parse_arguments()
	sanitized = find_programs(arguments.sanitized) if arguments.sanitized else None
	context = Context(find_programs(arguments.build), sanitized, arguments.short, arguments.seed)
	results = [run(name, context) for name in arguments.scenarios or SCENARIOS]
	sys.exit(0 if all(results) else 1)


main()
