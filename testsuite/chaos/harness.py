"""The processes of the chaos tests: servers, clients, and what the kernel knows about them.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import json
import os
import pathlib
import re
import resource
import select
import signal
import subprocess
import tempfile
import time
import urllib.request


class Failure(Exception):
	"""A scenario has failed."""


class Skip(Exception):
	"""A scenario cannot run here."""


def check(condition, message):
	if not condition:
		raise Failure(message)


def wait_until(condition, seconds, message):
	"""Waits until the condition holds, and returns what it returned."""
	deadline = time.monotonic() + seconds
	while True:
		result = condition()
		if result:
			return result
		if time.monotonic() > deadline:
			raise Failure(message() if callable(message) else message)
		time.sleep(0.05)


class Process:
	"""A child whose output is read with time-outs, and that is always ended by its PID."""

	def __init__(self, arguments, environment=None, namespace=None, descriptors=None):
		def limit():
			if descriptors:
				resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

		self.name = os.path.basename(arguments[0])
		if namespace:
			arguments = ["ip", "netns", "exec", namespace] + arguments
		self._buffer = b""
		self._errors = tempfile.TemporaryFile()
		# A session of its own: Ctrl-C is for the test, which then ends its children.
		self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
			env={**os.environ, **(environment or {})}, preexec_fn=limit, start_new_session=True)
		self.pid = self._process.pid

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.kill()

	def errors(self):
		self._errors.seek(0)
		return self._errors.read().decode(errors="replace").strip()[-3000:]

	def status(self):
		code = self._process.poll()
		if code is None:
			return "still running"
		return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

	def returncode(self):
		return self._process.poll()

	def _fill(self, deadline):
		"""Reads more output; returns False at its end."""
		stdout = self._process.stdout.fileno()
		if not select.select([stdout], [], [], max(0, deadline - time.monotonic()))[0]:
			raise Failure(f"{self.name} does not react")
		data = os.read(stdout, 65536)
		self._buffer += data
		return bool(data)

	def read_line(self, timeout):
		deadline = time.monotonic() + timeout
		while b"\n" not in self._buffer:
			if not self._fill(deadline):
				raise Failure(f"{self.name}: {self.status()}: {self.errors()}")
		line, _, self._buffer = self._buffer.partition(b"\n")
		return line.decode(errors="replace")

	def read_all(self, timeout):
		"""Returns the output up to its end and waits for the end of the process."""
		deadline = time.monotonic() + timeout
		while self._fill(deadline):
			pass
		try:
			self._process.wait(max(0.1, deadline - time.monotonic()))
		except subprocess.TimeoutExpired:
			raise Failure(f"{self.name} does not end") from None
		return self._buffer.decode(errors="replace")

	def signal(self, number):
		self._process.send_signal(number)

	def kill(self):
		if self._process.poll() is None:
			self._process.kill()
		self._process.wait()
		self._process.stdout.close()
		self._errors.close()


class Server(Process):
	"""A ChaosServer. Knows its port once constructed."""

	def __init__(self, programs, *options, host="127.0.0.1", faults=None, **settings):
		self.host = host
		self.faults = faults
		environment = faults.environment() if faults else {}
		super().__init__([programs["ChaosServer"], f"--host={host}", *options], environment, **settings)
		try:
			line = self.read_line(20)
			check(line.startswith("listening "), f"{self.name} says: {line}")
			self.port = int(line.split()[1])
		except BaseException:
			self.kill()
			raise
		self.descriptors_at_start = self.descriptors()

	def url(self, path):
		return f"http://{self.host}:{self.port}{path}"

	def alive(self):
		check(self.returncode() is None, f"the server has crashed: {self.status()}: {self.errors()}")

	def statistics(self):
		"""Asks the server, over a connection of its own. With faults, that may take several attempts."""
		for attempt in range(50):
			self.alive()
			try:
				request = urllib.request.Request(self.url("/statistics"), headers={"Connection": "close"})
				with urllib.request.urlopen(request, timeout=15) as reply:
					return json.loads(reply.read())
			except (OSError, ValueError, EOFError, urllib.error.URLError) as error:
				if not self.faults:
					self.alive()
					raise Failure(f"the server does not answer: {error}") from None
			except Exception as error: # http.client has many of its own
				if not self.faults:
					raise Failure(f"the server does not answer: {error}") from None
		raise Failure("the server never answers")

	def drained(self, seconds):
		"""Waits until all connections have ended, except the one that asks and is still open, and returns the statistics."""
		last = {}

		def only_ours():
			last.clear()
			last.update(self.statistics())
			return last["open"] <= 1 and balanced(last)

		wait_until(only_ours, seconds, lambda: f"connections do not end: {last}")
		return last

	def cpu_seconds(self):
		"""User and system time of all threads so far, to the nanosecond. The id is what clock_getcpuclockid(3) would return."""
		self.alive()
		return time.clock_gettime((~self.pid << 3) | 2)

	def cpu_share(self, seconds):
		"""Returns the share of a core, in percent, that the server uses for so long."""
		before, start = self.cpu_seconds(), time.monotonic()
		time.sleep(seconds)
		return 100*(self.cpu_seconds() - before)/(time.monotonic() - start)

	def resident_bytes(self):
		text = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
		return int(re.search(r"^Rss:\s+(\d+) kB", text, re.MULTILINE).group(1))*1024

	def descriptors(self):
		return len(os.listdir(f"/proc/{self.pid}/fd"))

	def no_descriptors_leaked(self):
		wait_until(lambda: self.descriptors() <= self.descriptors_at_start, 10,
			lambda: f"descriptors leak: {self.descriptors_at_start} at the start, {self.descriptors()} at the end")

	def stop(self):
		"""Ends the server with SIGTERM, checks that its statistics balance, and returns them."""
		self.alive()
		self.signal(signal.SIGTERM)
		text = self.read_all(30)
		check(self.returncode() == 0, f"the server has not ended well: {self.status()}: {self.errors()}")
		statistics = json.loads(text)
		check(statistics["open"] == 0 and balanced(statistics), f"the statistics do not balance: {statistics}")
		return statistics


def balanced(statistics):
	"""Each connection and each request ends in exactly one counter."""
	return (statistics["accepted"] + statistics["adopted"] == statistics["closes"] + statistics["open"]
		and statistics["requests"] == sum(statistics[name] for name in ("completed", "cancelled", "refused", "queued", "running")))


class Client(Process):
	"""A ChaosClient."""

	def __init__(self, programs, server, namespace=None, **options):
		arguments = [programs["ChaosClient"], f"--host={server.host}", f"--port={server.port}"]
		for name, value in options.items():
			arguments.append(f"--{name}" if value is True else f"--{name}={value}")
		super().__init__(arguments, namespace=namespace)

	def result(self, timeout, excused=False):
		"""Waits for the end, and returns what it has counted. Answers that are wrong and clients that hang are never excused."""
		text = self.read_all(timeout)
		check(self.returncode() in (0, 1), f"{self.name}: {self.status()}: {self.errors()}")
		counts = json.loads(text)
		check(counts["wrong"] == 0, f"wrong answers: {counts['wrong']}, {counts['complaints']}")
		check(counts["hung"] == 0, f"clients hang: {counts['hung']}, {counts['complaints']}")
		failed = counts["lost"] + counts["unconnected"] + counts["refused"]
		check(excused or failed == 0, f"{failed} requests without an answer: {counts['complaints']}")
		check(counts["ok"] > 0, f"nothing was answered: {counts['complaints']}")
		return counts


class Faults:
	"""What FaultShim is to do to a process."""

	HARMLESS = "eintr,eagain,short"
	ALL = "eintr,eagain,short,econnreset,epipe,enomem,emfile"

	def __init__(self, programs, kinds, probability, seed):
		self._shim = programs["FaultShim.so"]
		self._kinds = kinds
		self._probability = probability
		self._seed = seed
		descriptor, self._report = tempfile.mkstemp(prefix="evnet-faults-")
		os.close(descriptor)

	def environment(self):
		return {"LD_PRELOAD": self._shim, "FAULT_KINDS": self._kinds, "FAULT_PROBABILITY": str(self._probability),
			"FAULT_SEED": str(self._seed), "FAULT_REPORT": self._report}

	def injected(self):
		"""Returns the number of faults, after the end of the process."""
		path = pathlib.Path(self._report)
		text = path.read_text()
		path.unlink()
		check(text, "FaultShim was not loaded")
		counts = json.loads(text)
		return sum(count for name, count in counts.items() if name != "calls")
