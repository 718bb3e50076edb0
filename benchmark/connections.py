#!/usr/bin/env python3
"""Holds very many keep-alive connections at once, over several server processes on one port. See doc/capacity.md.

All are opened, answered once one after another, rest, and are answered again, all at once. What they cost is printed: memory
of the servers and of the kernel, CPU time to open them, while they rest, and to answer. No setting of the system is changed: the
limit of descriptors decides how many processes it takes, and the clients have several addresses (127.0.1.x), because one has too
few ports.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import argparse
import contextlib
import math
import pathlib
import re
import resource
import signal
import sys
import time

sys.dont_write_bytecode = True # leaves nothing in the source tree

from harness import HarnessError, Load, MissingTool, Server, find_program

#: Descriptors of a process that are not connections.
SPARE = 100
#: Warm-up: what is allocated for the first requests does not belong to the connections.
WARM = 512
#: What both ends of a connection may take at most; more than was ever measured.
BYTES_PER_CONNECTION = 16 * 1024
TIMEOUT = 300
#: Of the kernel, for a socket that epoll watches. What else grows belongs to others.
SOCKET_OBJECTS = ("TCP", "sock_inode_cache", "dentry", "filp", "eventpoll_epi", "ep_head", "lsm_inode_cache", "lsm_file_cache")


def parse_arguments():
	parser = argparse.ArgumentParser(description="Holds very many keep-alive connections at once, over several server processes that "
		"share a port (SO_REUSEPORT).",
		epilog="Exit status: 0 if all were answered twice, 1 if not, 2 if there is not enough of something.")
	parser.add_argument("--build", required=True, metavar="DIR", help="the build directory, configured with -DEVNET_BENCHMARK=ON")
	parser.add_argument("--connections", type=int, default=100000, metavar="N", help="how many, up to 200,000 (default: 100000)")
	parser.add_argument("--processes", type=int, default=0, metavar="N",
		help="of the server (default: as many as the limit of descriptors makes necessary)")
	parser.add_argument("--threads", type=int, default=4, metavar="N", help="that run requests, in each server (default: 4)")
	parser.add_argument("--rate", type=float, default=5000, metavar="N", help="first requests a second, of all clients (default: 5000)")
	parser.add_argument("--rest", type=float, default=10, metavar="S", help="seconds between the answers (default: 10)")
	arguments = parser.parse_args()
	# 8 addresses of clients have some 225,000 ports.
	ranges = (("connections", 1, 200000), ("processes", 0, 64), ("threads", 1, 64), ("rest", 1, 600), ("rate", 100, 100000))
	for name, least, most in ranges:
		if not least <= getattr(arguments, name) <= most:
			parser.error(f"--{name} must be from {least} to {most}")
	return arguments


def server_processes(connections, limit):
	"""As many as are needed if the system deals the connections out by chance, five standard deviations included."""
	capacity = limit - max(16, limit // 16) # see EVServerOptions::setCapacity()
	number = 1
	while connections / number + (5 * math.sqrt(connections / number) if number > 1 else 0) + SPARE > capacity:
		number += 1
	return number


def meminfo():
	"""In bytes."""
	text = pathlib.Path("/proc/meminfo").read_text()
	return {name: int(value) * 1024 for name, value in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}


def tcp_buffer_bytes():
	"""What is in the buffers of all TCP sockets."""
	match = re.search(r"^TCP:.* mem (\d+)", pathlib.Path("/proc/net/sockstat").read_text(), re.MULTILINE)
	return int(match.group(1)) * resource.getpagesize()


def slabs():
	"""Returns {name of a kind of objects of the kernel: bytes}; nothing if only root may know."""
	try:
		lines = pathlib.Path("/proc/slabinfo").read_text().splitlines()[2:]
	except PermissionError:
		return {}
	fields = [line.split() for line in lines]
	return {field[0]: int(field[1]) * int(field[3]) for field in fields}


class Snapshot:
	"""What the servers and the kernel use at this moment."""

	def __init__(self, servers):
		self.time = time.monotonic()
		self.cpu = sum(server.cpu_seconds() for server in servers)
		self.resident = sum(server.resident_bytes() for server in servers)
		self.memory = meminfo()
		self.buffers = tcp_buffer_bytes()
		self.slabs = slabs()


class Report:
	def __init__(self, connections):
		self.connections = connections

	def line(self, name, text):
		print(f"  {name:<52} {text}", flush=True)

	def each(self, name, growth, sockets=1):
		self.line(name, f"{growth / self.connections / sockets:,.0f} bytes ({growth / 2**20:,.0f} MiB in all)")


def start_servers(arguments, number, stack):
	program = find_program(arguments.build, "BenchServer")
	servers = []
	for _ in range(number):
		# The first one finds a free port, the others share it. One loop each: there are more processes than cores.
		port = servers[0].port if servers else 0
		servers.append(stack.enter_context(Server([program, "--server=evhttp", f"--port={port}", f"--threads={arguments.threads}",
			"--loops=1"])))
	return servers


def start_clients(arguments, number, port, stack):
	program = find_program(arguments.build, "LoadClient")
	clients = []
	for i in range(number):
		share = arguments.connections // number + (i < arguments.connections % number)
		clients.append(stack.enter_context(Load(program, "hold", port, connections=share, rate=arguments.rate / number, timeout=TIMEOUT,
			gate=True)))
	return clients


def warm_up(arguments, port):
	program = find_program(arguments.build, "LoadClient")
	with Load(program, "http", port, connections=WARM, count=20 * WARM, warmup=0) as load:
		load.result()
	time.sleep(0.5)


def total(results, name):
	return sum(result.get(name, 0) for result in results)


def print_memory(report, before, held):
	growth = {name: held.memory[name] - before.memory[name] for name in held.memory}
	report.each("memory of the servers, each connection", held.resident - before.resident)
	# Both ends of each connection are on this machine.
	if held.slabs:
		kinds = {name: held.slabs.get(name, 0) - before.slabs.get(name, 0) for name in SOCKET_OBJECTS}
		report.each("objects of the kernel for sockets, each socket", sum(kinds.values()), 2)
		report.line("", ", ".join(f"{name} {size / report.connections / 2:,.0f}" for name, size in kinds.items()))
	report.each("all objects of the kernel (Slab), each socket", growth["Slab"], 2)
	report.each("TCP buffers (sockstat), each socket", held.buffers - before.buffers, 2)


def check_servers(servers, expected):
	"""Ends the servers. Returns how many connections each has had, how many requests waited in their queues, and what was wrong."""
	accepted, queued, problems = [], 0, []
	for server in servers:
		values, problem = server.stop()
		if problem:
			problems.append(problem)
		accepted.append(values.get("accepted", 0))
		queued += values.get("queued_requests", 0)
		for name, value in values.items():
			# "server": the clients have closed it, but this server was told to end before it had read that.
			if value and re.fullmatch("closed_.*|refused|cancelled|accept_pauses", name) and name not in ("closed_client", "closed_server"):
				problems.append(f"{server.name} {server.pid}: {name} {value}")
	if sum(accepted) != expected + WARM:
		problems.append(f"{sum(accepted):,} connections were accepted, {expected + WARM:,} expected")
	return accepted, queued, problems


def measure(arguments, stack):
	limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
	number = arguments.connections
	available = meminfo()["MemAvailable"]
	if available < number * BYTES_PER_CONNECTION:
		raise MissingTool(f"{number:,} connections need up to {number * BYTES_PER_CONNECTION / 2**30:.1f} GiB, "
			f"{available / 2**30:.1f} GiB are available")
	processes = arguments.processes or server_processes(number, limit)
	client_processes = math.ceil(number / (limit - SPARE))
	servers = start_servers(arguments, processes, stack)
	warm_up(arguments, servers[0].port)
	before = Snapshot(servers)

	print(f"{number:,} connections from {client_processes} client processes to {processes} servers with {arguments.threads} threads each; "
		f"limit of descriptors {limit:,}", flush=True)
	report = Report(number)
	clients = start_clients(arguments, client_processes, servers[0].port, stack)
	first = [client.held(TIMEOUT) for client in clients]
	opened = Snapshot(servers)
	report.line("opened and answered", f"{total(first, 'answered1'):,} in {opened.time - before.time:.1f} s, CPU of the servers "
		f"{(opened.cpu - before.cpu) * 1e6 / number:.1f} us each")
	time.sleep(1) # queues of freed memory of the kernel are emptied meanwhile
	held = Snapshot(servers)
	print_memory(report, before, held)

	time.sleep(arguments.rest)
	rested = Snapshot(servers)
	report.line(f"CPU of all servers while they rest, {rested.time - held.time:.0f} s",
		f"{(rested.cpu - held.cpu) * 1e3 / (rested.time - held.time):.1f} ms each second")

	for client in clients:
		client.go()
	second = [client.done(TIMEOUT) for client in clients]
	again = Snapshot(servers)
	report.line("answered again, all at once", f"{total(second, 'answered2'):,} in {again.time - rested.time:.1f} s, CPU of the servers "
		f"{(again.cpu - rested.cpu) * 1e6 / number:.1f} us each")
	report.each("memory of the servers then, each connection", again.resident - before.resident)
	errors = {name: total(second, name) for name in ("unanswered", "lost", "invalid", "refused")}
	report.line("errors", ", ".join(f"{name} {value}" for name, value in errors.items()))

	begin = time.monotonic()
	for client in clients:
		client.release()
	report.line("all closed by the clients", f"in {time.monotonic() - begin:.1f} s")
	time.sleep(1) # the servers close their ends meanwhile
	report.line("memory of the servers without connections",
		f"{(Snapshot(servers).resident - before.resident) / 2**20:,.0f} MiB more than before")
	accepted, queued, problems = check_servers(servers, number)
	report.line("requests that waited for a thread", f"{queued:,}")
	report.line("connections of each server", ", ".join(f"{value:,}" for value in accepted))
	for problem in problems:
		report.line("PROBLEM", problem)
	return total(first, "answered1") == total(second, "answered2") == number and not any(errors.values()) and not problems


def main():
	arguments = parse_arguments()
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
	with contextlib.ExitStack() as stack:
		try:
			good = measure(arguments, stack)
		except HarnessError as error:
			print(f"connections.py: {error}", file=sys.stderr)
			return 1
		except MissingTool as error:
			print(f"connections.py: {error}", file=sys.stderr)
			return 2
		except KeyboardInterrupt:
			return 1
	print("All answered twice." if good else "Not all were answered twice.")
	return 0 if good else 1


if __name__ == "__main__":
	sys.exit(main())
