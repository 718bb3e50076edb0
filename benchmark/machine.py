"""What is known of the machine, and what it must allow.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import os
import pathlib
import platform
import re
import resource
import subprocess
import textwrap

from harness import MissingTool, find_program


def need_descriptors(connections):
	"""Servers and clients raise their soft limit themselves, but the hard limit is the administrator's."""
	needed = connections + connections // 15 + 64
	hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
	if hard != resource.RLIM_INFINITY and hard < needed:
		raise MissingTool(f"{connections:,} connections need a hard limit of {needed:,} descriptors, it is {hard:,}: "
			f"ulimit -Hn {needed}, or --connections and --crowd with smaller numbers")


def first_match(path, pattern, default):
	try:
		match = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
	except OSError:
		match = None
	return match.group(1).strip() if match else default


def describe_machine(build):
	poco = subprocess.run([find_program(build, "BenchServer"), "--version"], capture_output=True, text=True, check=False).stdout.strip()
	memory = int(first_match("/proc/meminfo", r"^MemTotal:\s+(\d+)", "0")) / 2**20
	return {
		"cpu": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.*)$", platform.machine()),
		"cores": len(os.sched_getaffinity(0)),
		"memory_gib": round(memory, 1),
		"system": first_match("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)', platform.system()),
		"kernel": re.match(r"[\d.]*", platform.release()).group(0),
		"load_before": round(os.getloadavg()[0], 2),
		"poco": poco.replace("poco ", "") or "unknown",
		"build_type": first_match(pathlib.Path(build) / "CMakeCache.txt", r"^CMAKE_BUILD_TYPE:\w+=(.*)$", "unknown") or "none",
	}


def circumstances(machine, *sentences):
	"""Under which something was measured, as a paragraph of Markdown."""
	text = (f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB; {machine['system']}, Linux {machine['kernel']}; "
		f"POCO {machine['poco']}; build type {machine['build_type']}. Load generator and servers on the same machine, "
		f"load average before {machine['load_before']}.")
	return textwrap.fill(" ".join([text, *sentences]), 120, break_on_hyphens=False)
