"""A link between two network namespaces that loses and delays packets, for kernels without netem.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import collections
import fcntl
import os
import random
import select
import struct
import threading
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
MAX_PACKET = 65536
MAX_WAITING = 1000 # packets in each direction; a link has no endless memory


def open_tun(name):
	"""Makes a network device whose packets the descriptor that is returned receives and sends."""
	descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
	try:
		fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN | IFF_NO_PI))
	except OSError:
		os.close(descriptor)
		raise
	return descriptor


class RelayLink:
	"""A thread carries the packets between two tun devices."""

	name = "relay"

	def __init__(self, namespaces, seed, ip, addresses, loss, delay):
		self._random = random.Random(seed)
		self._loss = loss/100
		self._delay = delay/1000
		self._cut = self._ended = False
		self._descriptors = []
		try:
			for end, namespace, address, peer in zip("ab", namespaces, addresses, reversed(addresses)):
				device = f"evc{os.getpid() % 1000000}{end}"
				self._descriptors.append(open_tun(device))
				ip("link", "set", device, "netns", namespace)
				ip("-n", namespace, "address", "add", address, "peer", peer, "dev", device)
				ip("-n", namespace, "link", "set", device, "up")
		except BaseException:
			self._close_descriptors()
			raise
		self._thread = threading.Thread(target=self._carry, daemon=True)
		self._thread.start()

	def cut(self):
		self._cut = True

	def mend(self):
		self._cut = False

	def close(self):
		self._ended = True
		self._thread.join()
		self._close_descriptors()

	def _close_descriptors(self):
		for descriptor in self._descriptors:
			os.close(descriptor)
		self._descriptors = []

	def _carry(self):
		waiting = collections.deque() # the time a packet is due, where it goes, the packet
		other = dict(zip(self._descriptors, reversed(self._descriptors)))
		while not self._ended:
			pause = max(0, waiting[0][0] - time.monotonic()) if waiting else 0.1
			for descriptor in select.select(self._descriptors, [], [], min(pause, 0.1))[0]:
				self._take(descriptor, other[descriptor], waiting)
			now = time.monotonic()
			while waiting and waiting[0][0] <= now:
				_, descriptor, packet = waiting.popleft()
				self._give(descriptor, packet)

	def _take(self, source, target, waiting):
		for _ in range(64):
			try:
				packet = os.read(source, MAX_PACKET)
			except OSError:
				return
			if not self._cut and self._random.random() >= self._loss and len(waiting) < 2*MAX_WAITING:
				waiting.append((time.monotonic() + self._delay, target, packet))

	@staticmethod
	def _give(target, packet):
		try:
			os.write(target, packet)
		except OSError:
			pass # the device is full or down: one more packet is lost
