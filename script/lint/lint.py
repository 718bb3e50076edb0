#!/usr/bin/env python3
"""./dev lint: looks for what breaks the rules of this tree, and says what to do. HACKING.md has the reasons.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import argparse
import pathlib
import sys
import time

sys.dont_write_bytecode = True # leaves nothing in the source tree

import clang
import names
import rooms
import scripts
import selftest
import tests
import text
from tree import Finding, Tree

#: In this order. A check yields a Finding for each fault, or a text for what it has not looked at.
CHECKS = {
	"scripts": (scripts.check_shell, scripts.check_python, scripts.check_commands_listed),
	"whitespace": (text.check_whitespace, text.check_heads),
	"excess": (text.check_excess,),
	"rooms": (rooms.check_rooms, rooms.check_listed),
	"names": (names.check_names, names.check_commands),
	"tests": (tests.check_tests,),
	"format": (clang.check_format,),
	"tidy": (clang.check_tidy,),
}


def run(tree, wanted):
	"""Returns all findings, and what has not been looked at."""
	findings, notices = [], []
	for name in wanted:
		begin = time.monotonic()
		found = [entry for check in CHECKS[name] for entry in check(tree)]
		findings += [entry for entry in found if isinstance(entry, Finding)]
		notices += [f"{name}: {entry}" for entry in found if not isinstance(entry, Finding)]
		notices.append(f"{name}: {time.monotonic() - begin:.1f} s")
	return findings, notices


def main():
	parser = argparse.ArgumentParser(prog="./dev lint",
		description="Looks for what breaks the rules of this tree. HACKING.md has the reasons.")
	parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"only these: {', '.join(CHECKS)}")
	parser.add_argument("--self-test", action="store_true", help="break a copy of the tree in each way, and see that it is found")
	parser.add_argument("--shrink", action="store_true", help=f"lower the numbers in {text.EXCESS} to what there is")
	arguments = parser.parse_args()
	unknown = set(arguments.checks) - set(CHECKS)
	if unknown:
		parser.error(f"there is no check {', '.join(sorted(unknown))}, only {', '.join(CHECKS)}")
	tree = Tree(pathlib.Path(__file__).resolve().parents[2])
	if arguments.self_test:
		sys.exit(selftest.run(tree, run))
	if arguments.shrink:
		text.shrink(tree)
		tree = Tree(tree.root) # reads it again
	findings, notices = run(tree, arguments.checks or CHECKS)
	for notice in notices:
		print(f"lint: {notice}")
	for finding in sorted(findings):
		print(f"{finding.path}:{finding.line}: {finding.text}" if finding.line else f"{finding.path}: {finding.text}", file=sys.stderr)
	print(f"lint: {len(findings)} findings" if findings else "lint: nothing found")
	sys.exit(1 if findings else 0)


if __name__ == "__main__":
	main()
