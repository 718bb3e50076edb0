"""A machine with some processors, and threads that run, sleep and wait for each other on them, in simulated time.

A thread is a generator. What it yields is what it does next:

    ("run", seconds)    computes: takes a processor, which the others get after a slice at the latest
    ("sleep", seconds)  waits for the disk, a database, another server: takes no processor
    ("wait", Signal)    waits until somebody calls the signal's set(), unless it is set already

A thread that has waited or slept pays for being woken with the first thing that it runs.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import collections
import heapq
import itertools


class Signal:
	"""As Poco::Event: set() wakes one thread, or is remembered."""

	def __init__(self, machine):
		self.machine = machine
		self.is_set = False
		self.waiting = collections.deque()

	def set(self):
		if self.waiting:
			self.machine.wake(self.waiting.popleft())
		else:
			self.is_set = True


class Thread:
	"""A generator, and how much of what it yielded last is left to do."""

	__slots__ = ("left", "slice", "steps")

	def __init__(self, steps):
		self.steps = steps
		self.left = 0.0   # of what it runs now
		self.slice = 0.0  # of the time until others get the processor


class Machine:
	"""Processors, the threads that want one, and what happens when."""

	def __init__(self, processors, wake_cost, slice_length=0.003):
		self.now = 0.0
		self.processors = processors
		self.idle = processors
		self.wake_cost = wake_cost
		self.slice_length = slice_length
		self.switches = 0
		self.busy = 0.0
		self.ready = collections.deque()
		self.events = []
		self.order = itertools.count()

	def at(self, time, function, *arguments):
		heapq.heappush(self.events, (time, next(self.order), function, arguments))

	def start(self, steps):
		thread = Thread(steps)
		self.at(self.now, self.wake, thread)
		return thread

	def wake(self, thread):
		self.switches += 1
		thread.left += self.wake_cost
		thread.slice = self.slice_length
		self._queue(thread)

	def _queue(self, thread):
		if self.idle:
			self.idle -= 1
			self._run(thread)
		else:
			self.ready.append(thread)

	def _run(self, thread):
		"""The thread has a processor: until it waits, or its slice ends."""
		while thread.left <= 0:
			try:
				what, value = next(thread.steps)
			except StopIteration:
				self._leave()
				return
			if what == "run":
				thread.left = value
			elif what == "sleep":
				self.at(self.now + value, self.wake, thread)
				self._leave()
				return
			elif value.is_set:
				value.is_set = False
			else:
				value.waiting.append(thread)
				self._leave()
				return
		time = min(thread.left, thread.slice)
		self.busy += time
		self.at(self.now + time, self._ran, thread, time)

	def _ran(self, thread, time):
		thread.left -= time
		thread.slice -= time
		if thread.left < 1e-12:
			thread.left = 0.0
		if thread.slice < 1e-12:
			thread.slice = self.slice_length
			if self.ready:
				self.ready.append(thread)
				self._leave()
				return
		self._run(thread)

	def _leave(self):
		if self.ready:
			self._run(self.ready.popleft())
		else:
			self.idle += 1

	def run_until(self, end):
		while self.events and self.events[0][0] <= end:
			self.now, _, function, arguments = heapq.heappop(self.events)
			function(*arguments)
		self.now = end
