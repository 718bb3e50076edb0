"""What the matrix compares: the models of the sample ServerModels, and other servers. README.md says why it is fair.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import os
import pathlib
import re

from harness import HarnessError, MissingTool, Server, find_program, process_cpu_seconds
from peer_programs import BUILT_PEERS, INSTALLED, POOL, THREADS, InstalledServer, find_installed

#: Those of ServerModels: the model, how many workers (None: what it thinks fit), and more connections than which it is not asked to hold.
MODELS = {
	"sequential": ("sequential", None, None),
	"fork": ("fork", None, 2000),
	"prefork": ("prefork", POOL, None),
	"thread": ("thread", None, None),
	"prethread": ("prethread", POOL, None),
	"select": ("select", None, None),
	"epoll-lt": ("epoll-lt", 1, None),
	"epoll-et": ("epoll-et", 1, None),
	"epoll-et-per-core": ("epoll-et", THREADS, None),
	"loop-per-connection": ("loop-per-connection", None, 2000),
	"loop-per-worker": ("loop-per-worker", None, None),
	"reuseport": ("reuseport", None, None),
	"multi-process-loops": ("multi-process-loops", None, None),
	"leader-follower": ("leader-follower", POOL, None),
	"evnet-dedicated": ("evnet-dedicated", POOL, None),
	"evnet-inline": ("evnet-inline", None, None),
	"evnet-adaptive": ("evnet-adaptive", POOL, None),
	"evnet-adaptive-256": ("evnet-adaptive", 256, None),
}
#: Those that are made of EVNet.
EVNET = ("loop-per-worker", "multi-process-loops", "evnet-dedicated", "evnet-inline", "evnet-adaptive", "evnet-adaptive-256")

#: Other servers that are built here: the program and its arguments. epoll_server is not one that could be used, but the floor.
BUILT = {
	**BUILT_PEERS,
	"(epoll in C)": ("epoll_server", []),
}

NAMES = [*MODELS, *INSTALLED, *BUILT]
OURS = "evnet-adaptive"


class FamilyServer(Server):
	"""A server that may consist of several processes, which come and go."""

	def processes(self):
		found, todo = [], [self.pid]
		while todo:
			pid = todo.pop()
			found.append(pid)
			try:
				for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
					todo.extend(int(child) for child in children.read_text().split())
			except OSError:
				pass
		return found


def sum_over(server, function):
	"""Of all processes. One that ends meanwhile counts as nothing."""
	total = 0
	for pid in server.processes():
		try:
			total += function(pid)
		except (OSError, AttributeError):
			pass
	return total


def cpu_seconds(server):
	"""User and system time of all processes, those that have ended included, in steps of 10 ms."""
	server.check()
	fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
	ended = (int(fields[13]) + int(fields[14]))/os.sysconf("SC_CLK_TCK")
	return ended + sum_over(server, process_cpu_seconds)


def context_switches(server):
	"""Of all threads that there are."""
	def of_process(pid):
		return sum(int(number) for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status")
			for number in re.findall(r"ctxt_switches:\s+(\d+)", status.read_text()))
	return sum_over(server, of_process)


def memory_bytes(server):
	"""Of all processes. What several of them share counts once."""
	def share(pid):
		return int(re.search(r"^Pss:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE).group(1)) * 1024

	return sum_over(server, share)


def why_not(name, workload, connections):
	"""Returns the reason for which a server cannot do that, or None."""
	if workload.protocol == "echo" and name not in MODELS and name != "(epoll in C)":
		return "HTTP only"
	if name == "(epoll in C)" and (workload.work != "hello" or workload.mode == "close"):
		return "answers hello only"
	if name in INSTALLED and not workload.work.startswith(("hello", "bytes:")):
		return "runs no code of ours"
	limit = MODELS[name][2] if name in MODELS else None
	if limit and connections > limit:
		return f"not tried with more than {limit:,}"
	return None


def missing(build, name):
	"""Returns why a server is not there, or None."""
	if name in INSTALLED:
		return None if find_installed(name) else "is not installed"
	try:
		find_program(build, "ServerModels" if name in MODELS else BUILT[name][0])
	except MissingTool:
		return "has not been built, its library was not found"
	return None


def start(build, name, workload):
	"""Starts a server. To be ended with stop() or kill()."""
	if name in INSTALLED:
		return InstalledServer(name, body_size=int(workload.work.partition(":")[2]) if workload.work.startswith("bytes:") else None)
	if name in MODELS:
		model, workers, _ = MODELS[name]
		arguments = [find_program(build, "ServerModels"), f"--model={model}", "--port=0", f"--protocol={workload.protocol}",
			f"--work={workload.work}"]
		if workers:
			arguments.append(f"--workers={workers}")
		return FamilyServer(arguments)
	program, arguments = BUILT[name]
	if program == "epoll_server":
		arguments = ["--http"] if workload.protocol == "http" else []
	else:
		arguments = arguments + [f"--work={workload.work}"]
	return FamilyServer([find_program(build, program), *arguments])


def end(server):
	"""Ends a server. Returns what went wrong, or None."""
	try:
		return server.stop()[1]
	except HarnessError as error:
		return str(error)
	finally:
		server.kill()
