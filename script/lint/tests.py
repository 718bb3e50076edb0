"""Every test is registered: one that is not never runs, and nobody is told.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import pathlib
import re

from tree import Finding

FOLDER = "testsuite/src/"
SUITE = FOLDER + "EVNetTestSuite.cpp"


def check_tests(tree):
	suite = tree.plain(SUITE)
	for header in tree.select("Test.h", under=FOLDER):
		source = header[:-1] + "cpp"
		name = pathlib.PurePath(header).stem
		declared = tree.plain(header)
		defined = tree.plain(source) if source in tree.files else ""
		registered = re.findall(r"CppUnit_addTest\s*\(\s*\w+,\s*(\w+),\s*(\w+)\)", defined)
		tests = {test: tree.plain(header).count("\n", 0, match.start()) + 1
			for match in re.finditer(r"\bvoid\s+(test\w+)\s*\(\s*\)\s*;", declared) for test in [match.group(1)]}
		for test, line in tests.items():
			if (name, test) not in registered:
				yield Finding(header, line, f"{name}::{test}() never runs: add CppUnit_addTest(pSuite, {name}, {test}); "
					f"to suite() in {source}")
		for test in sorted({test for test in re.findall(rf"\bvoid\s+{name}::(test\w+)\s*\(", defined)} - set(tests)):
			yield Finding(source, 0, f"{name}::{test}() is not declared in {header}: declare it, and register it in suite()")
		for owner, test in sorted({entry for entry in registered if registered.count(entry) > 1}):
			yield Finding(source, 0, f"{owner}::{test} is registered twice: remove one")
		# A class that others are derived from has none
		if tests and not re.search(rf"addTest\s*\(\s*{name}::suite\s*\(", suite):
			yield Finding(header, 0, f"none of its tests runs: add {name}::suite() to {SUITE}")
