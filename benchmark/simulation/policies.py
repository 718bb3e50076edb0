"""How servers share requests out among threads: what is compared, on the machine of machine_model.py.

Each is given requests by arrive(), at the moment at which the kernel has them, and calls done() of each when it is answered.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import collections

from machine_model import Signal


class Costs:
	"""Seconds, as measured on the machine of the figures (README.md, "The simulation")."""

	request = 13.3e-6  # a request and its response: system calls, parsing, the kernel's network
	wake = 11.5e-6     # a context switch, and what it makes slower
	hand_over = 3e-6   # to put a request into a queue and give its connection back, without the switch


class Request:
	"""What a client asks for: its handler computes, or waits, for so long."""

	__slots__ = ("arrived", "connection", "done", "kind", "service", "waits")

	def __init__(self, arrived, service, waits, connection, kind, done):
		self.arrived = arrived
		self.service = service
		self.waits = waits
		self.connection = connection
		self.kind = kind
		self.done = done


def handler(request):
	return ("sleep" if request.waits else "run", request.service)


def serve(received, event):
	"""A thread that does all that comes, one after the other."""
	while True:
		if not received:
			yield ("wait", event)
			continue
		request = received.popleft()
		yield ("run", Costs.request)
		yield handler(request)
		request.done(request)


class Ideal:
	"""One queue, as many threads as are wanted, and nothing costs anything but the requests."""

	def __init__(self, machine, threads, loops): # noqa: ARG002 - all policies are made alike
		self.machine = machine
		machine.wake_cost = 0.0
		machine.slice_length = float("inf")

	def _serve(self, request):
		yield ("run", Costs.request)
		yield handler(request)
		request.done(request)

	def arrive(self, request):
		self.machine.start(self._serve(request))


class PerConnection:
	"""Poco's TCPServer: a thread for each connection."""

	def __init__(self, machine, threads, loops): # noqa: ARG002
		self.machine = machine
		self.connections = {}

	def arrive(self, request):
		if request.connection not in self.connections:
			self.connections[request.connection] = (collections.deque(), Signal(self.machine))
			self.machine.start(serve(*self.connections[request.connection]))
		received, event = self.connections[request.connection]
		received.append(request)
		event.set()


class CentralQueue:
	"""One thread receives and puts each request into the one queue, from which the others take."""

	def __init__(self, machine, threads, loops): # noqa: ARG002
		self.received = collections.deque()
		self.queue = collections.deque()
		self.event = Signal(machine)
		self.queued = Signal(machine)
		machine.start(self._receive())
		for _ in range(threads):
			machine.start(self._work())

	def arrive(self, request):
		self.received.append(request)
		self.event.set()

	def _receive(self):
		while True:
			if not self.received:
				yield ("wait", self.event)
				continue
			request = self.received.popleft()
			yield ("run", Costs.request/2 + Costs.hand_over)
			self.queue.append(request)
			self.queued.set()

	def _work(self):
		while True:
			if not self.queue:
				yield ("wait", self.queued)
				continue
			request = self.queue.popleft()
			if self.queue:
				self.queued.set()
			yield ("run", Costs.request/2 + Costs.hand_over)
			yield handler(request)
			request.done(request)


class Loop:
	"""What is ready in an event loop, and who leads it."""

	def __init__(self, machine):
		self.ready = collections.deque()
		self.event = Signal(machine)
		self.leader = 0                 # changes with each
		self.running = None             # the request that the leader runs
		self.connection = None          # that has run something last
		self.others_at = -1.0           # when that has changed last
		self.blocked = 0.0              # a moving share of requests that have blocked


class Partitioned:
	"""Each connection belongs to a loop, and each loop to a thread, which runs the handlers: nginx, EXECUTE_INLINE."""

	def __init__(self, machine, threads, loops): # noqa: ARG002
		self.loops = [Loop(machine) for _ in range(loops)]
		for loop in self.loops:
			machine.start(serve(loop.ready, loop.event))

	def arrive(self, request):
		loop = self.loops[request.connection % len(self.loops)]
		loop.ready.append(request)
		loop.event.set()


class Led(Partitioned):
	"""What both versions of EVNet have in common: a leader that hands over what is expected to take long, and that another
	thread replaces when a request has taken long that nobody has expected."""

	def __init__(self, machine, threads, loops): # pylint: disable=super-init-not-called
		self.machine = machine
		self.queue = collections.deque()
		self.unled = collections.deque()
		self.queued = Signal(machine)
		self.idle = 0
		self.loops = [Loop(machine) for _ in range(loops)]
		for loop in self.loops + [None]*(threads - loops):
			machine.start(self._serve(loop))

	def _serve(self, loop):
		while True:
			if loop:
				yield from self._lead(loop)
			loop = yield from self._work()

	def _lead(self, loop):
		loop.leader += 1
		me = loop.leader
		while loop.leader == me:
			if not loop.ready:
				yield ("wait", loop.event)
				continue
			request = loop.ready.popleft()
			if request.connection != loop.connection:
				loop.connection, loop.others_at = request.connection, self.machine.now
			if self._is_handed_over(loop, request):
				yield ("run", Costs.request/2 + Costs.hand_over)
				self.queue.append((loop, request))
				self.queued.set()
				continue
			yield ("run", Costs.request)
			loop.running = request
			self.machine.at(self.machine.now + self._patience(request), self._look, loop, request)
			yield handler(request)
			if loop.leader == me:
				loop.running = None
			self._learn(loop, request, loop.leader != me)
			request.done(request)

	def _look(self, loop, request):
		if loop.running is not request:
			return
		if self.idle > 0 and self._is_replaced(loop):
			loop.running = None
			loop.leader += 1
			self.unled.append(loop)
			self.queued.set()
		else:
			self.machine.at(self.machine.now + self.LOOK, self._look, loop, request)

	def _work(self):
		while True:
			if self.unled:
				return self.unled.popleft()
			if not self.queue:
				self.idle += 1
				yield ("wait", self.queued)
				self.idle -= 1
				continue
			loop, request = self.queue.popleft()
			if self.queue and self.idle:
				self.queued.set()
			yield ("run", Costs.request/2 + Costs.hand_over)
			yield handler(request)
			self._learn(loop, request, False)
			request.done(request)


class Before(Led):
	"""EVNet before it learned what requests cost: a leader that waits is replaced after a look or two, one that computes after ten;
	a loop in which more than one request of 256 has blocked hands all over."""

	LOOK = 1e-3

	def _patience(self, request):
		return 1.5*self.LOOK if request.waits else 10*self.LOOK

	def _is_replaced(self, loop): # noqa: ARG002
		return True

	def _is_handed_over(self, loop, request): # noqa: ARG002
		return loop.blocked > 1/256

	def _learn(self, loop, request, replaced):
		blocked = replaced or (request.waits and request.service > self.LOOK/2)
		loop.blocked += ((1.0 if blocked else 0.0) - loop.blocked)/256


class EVNet(Led):
	"""RequestCosts, RunnerChoice and LoopLeaders in a few lines."""

	LOOK = 0.2e-3
	EXPENSIVE = 60e-6
	MOST = 1e-3      # of a request that has only computed
	ALONE_AFTER = 0.1

	def __init__(self, machine, threads, loops):
		self.costs = {}
		super().__init__(machine, threads, loops)

	def _patience(self, request):
		unknown = request.kind not in self.costs
		return (0.4e-3 if request.waits else 0.6e-3) + (0 if unknown else 1.5e-3)

	def _is_replaced(self, loop):
		return bool(loop.ready)

	def _is_handed_over(self, loop, request):
		others_may_wait = loop.ready or self.machine.now - loop.others_at < self.ALONE_AFTER
		return others_may_wait and self.costs.get(request.kind, 0.0) > self.EXPENSIVE

	def _learn(self, loop, request, replaced): # noqa: ARG002
		before = self.costs.get(request.kind, 0.0)
		self.costs[request.kind] = before + (min(request.service, 0.064 if request.waits else self.MOST) - before)/32


POLICIES = {
	"thread per connection": PerConnection,
	"partitioned": Partitioned,
	"EVNet before": Before,
	"EVNet": EVNet,
	"central queue": CentralQueue,
	"ideal": Ideal,
}
