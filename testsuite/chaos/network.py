"""The scenario with a bad network: two namespaces, and between them a link that loses and delays packets, and is cut.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import os
import subprocess
import time

from harness import Client, Server, Skip, check, wait_until
from relay import RelayLink
from scenarios import reasons

LOSS = 2 # percent
DELAY = 10 # milliseconds in each direction
ADDRESSES = ["10.213.77.1", "10.213.77.2"]


def ip(*arguments):
	result = subprocess.run(["ip", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
	if result.returncode != 0:
		raise OSError(f"ip {' '.join(arguments)}: {result.stdout.decode(errors='replace').strip()}")


class NetemLink:
	"""A pair of veth devices, with netem of the kernel on each."""

	name = "netem"

	def __init__(self, namespaces, seed):
		self._namespaces = namespaces
		first, second = (f"evc{os.getpid() % 1000000}{end}" for end in "ab")
		self._devices = [first, second]
		ip("link", "add", first, "netns", namespaces[0], "type", "veth", "peer", "name", second, "netns", namespaces[1])
		for namespace, device, address in zip(namespaces, self._devices, ADDRESSES):
			ip("-n", namespace, "address", "add", f"{address}/30", "dev", device)
			ip("-n", namespace, "link", "set", device, "up")
			command = ["tc", "-n", namespace, "qdisc", "add", "dev", device, "root", "netem", "loss", f"{LOSS}%", "delay", f"{DELAY}ms"]
			result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
			if result.returncode != 0:
				raise OSError(f"tc: {result.stdout.decode(errors='replace').strip()}")

	def cut(self):
		ip("-n", self._namespaces[1], "link", "set", self._devices[1], "down")

	def mend(self):
		ip("-n", self._namespaces[1], "link", "set", self._devices[1], "up")

	def close(self):
		pass # the devices go with their namespaces


class Network:
	"""Two namespaces with a bad link. They are removed whatever happens."""

	def __init__(self, seed):
		self.namespaces = [f"evnet-chaos-{os.getpid()}-{end}" for end in "ab"]
		self.link = None
		self._made = []
		try:
			self._make_namespaces()
			self.link = self._make_link(seed)
		except BaseException:
			self.close()
			raise

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.close()

	def _make_namespaces(self):
		if os.geteuid() != 0:
			raise Skip("network namespaces need root")
		for namespace in self.namespaces:
			try:
				ip("netns", "add", namespace)
			except OSError as error:
				raise Skip(f"no network namespaces: {error}") from None
			self._made.append(namespace)
			ip("-n", namespace, "link", "set", "lo", "up")

	def _make_link(self, seed):
		"""Not every kernel has netem. The relay does the same in Python, slower, but with a seed."""
		problems = []
		for kind in (NetemLink, RelayLink):
			try:
				return kind(self.namespaces, seed, *((ip, ADDRESSES, LOSS, DELAY) if kind is RelayLink else ()))
			except OSError as error:
				problems.append(str(error))
				self._remove_devices()
		raise Skip("; ".join(problems))

	def _remove_devices(self):
		for namespace in self._made:
			self._remove(namespace)
		self._made = []
		self._make_namespaces()

	def _remove(self, namespace):
		try:
			ip("netns", "delete", namespace)
		except OSError as error:
			print(f"network: {error}", flush=True)

	def close(self):
		if self.link:
			self.link.close()
		for namespace in self._made:
			self._remove(namespace)
		self._made = []


def network(context):
	with Network(context.seed) as net:
		# Several losses in a row take seconds: whoever is only unlucky must not be too slow for the server.
		bad, lossy_reasons = with_server(lossy, context, net, 30000)
		cut, cut_reasons = with_server(cut_off, context, net, 4000)
		name = net.link.name
	return f"{LOSS} % loss, {DELAY} ms delay ({name}): {bad}, closed: {lossy_reasons}; link cut: {cut}, closed: {cut_reasons}"


def with_server(part, context, net, timeout):
	timeouts = (f"--timeout={timeout}", f"--keepAliveTimeout={timeout}")
	with Server(context.programs, *timeouts, host=ADDRESSES[0], namespace=net.namespaces[0]) as server:
		line = part(context, net, server)
		# Nobody outside the namespace can ask for the statistics: what the server says at its end has to do.
		server.no_descriptors_leaked()
		return line, reasons(server.stop()["closed"])


def lossy(context, net, server):
	seconds = context.choose(6, 60)
	options = dict(clients=16, seconds=seconds, timeout=60, seed=context.seed, basic=True)
	with Client(context.programs, server, net.namespaces[1], **options) as client:
		counts = client.result(seconds + 120)
	return f"{counts['requests']:,} requests over {counts['connections']:,} connections all answered"


def cut_off(context, net, server):
	"""Clients vanish in the middle of everything. The server must get rid of their connections by its own timeouts."""
	with Client(context.programs, server, net.namespaces[1], clients=64, seconds=3600, timeout=60, seed=context.seed + 1) as client:
		time.sleep(context.choose(2, 10))
		held = server.descriptors()
		net.link.cut()
		start = time.monotonic()
		wait_until(lambda: server.descriptors() <= server.descriptors_at_start, 40,
			lambda: f"{server.descriptors() - server.descriptors_at_start} connections stay after the link was cut")
		seconds = time.monotonic() - start
		client.kill()
	net.link.mend()
	with Client(context.programs, server, net.namespaces[1], clients=8, seconds=2, timeout=60, seed=context.seed + 2, basic=True) as client:
		counts = client.result(90)
	check(held > server.descriptors_at_start, "there were no connections to cut")
	return (f"{held - server.descriptors_at_start} connections gone after {seconds:.1f} s, "
		f"afterwards {counts['requests']:,} requests all answered")
