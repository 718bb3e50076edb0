"""The processes of the benchmark: servers, load clients, and the tools that watch them.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class HarnessError(Exception):
	"""A server crashed, a connection was lost, or a program did not do what it should."""


class MissingTool(Exception):
	"""A program that has to be installed or built first."""


#: Debian's package for each tool that is not built here.
PACKAGES = {"strace": "strace", "wrk": "wrk", "openssl": "openssl", "valgrind": "valgrind"}


def require_tool(name):
	path = shutil.which(name)
	if not path:
		raise MissingTool(f"{name} is missing: install Debian's package '{PACKAGES[name]}'")
	return path


def find_program(build, name):
	"""Returns the newest file of this name in the build directory."""
	found = [path for path in pathlib.Path(build).rglob(name) if path.is_file()]
	if not found:
		raise MissingTool(f"{name} is not in the build directory: configure with -DEVNET_BENCHMARK=ON and build")
	return str(max(found, key=lambda path: path.stat().st_mtime))


def parse_values(text):
	"""Turns lines of "name value" into a dictionary of numbers."""
	values = {}
	for line in text.splitlines():
		name, _, value = line.partition(" ")
		try:
			values[name] = float(value) if "." in value else int(value, 0)
		except ValueError:
			pass
	return values


def process_cpu_seconds(pid):
	"""User and system time of a process and all its threads, those that have ended included, to the nanosecond.

	The scheduler's clock of a process; /proc/PID/stat shows the same in steps of 10 ms.
	The id of that clock is what clock_getcpuclockid(3) would return."""
	return time.clock_gettime((~pid << 3) | 2)


class Process:
	"""A child whose output is read line by line, with time-outs, and that is always ended by its PID."""

	def __init__(self, arguments, environment=None, **options):
		self.arguments = arguments
		self.name = os.path.basename(arguments[0])
		self._buffer = b""
		self._errors = tempfile.TemporaryFile()
		self._process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
			stderr=self._errors, env={**os.environ, **(environment or {})}, **options)
		self.pid = self._process.pid

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.kill()

	def errors(self):
		self._errors.seek(0)
		return self._errors.read().decode(errors="replace").strip()

	def _fill(self, deadline):
		"""Reads more output; returns False at its end."""
		stdout = self._process.stdout.fileno()
		if not select.select([stdout], [], [], max(0, deadline - time.monotonic()))[0]:
			raise HarnessError(f"{self.name} does not react")
		data = os.read(stdout, 65536)
		self._buffer += data
		return bool(data)

	def read_until(self, word, timeout):
		"""Returns all output up to a line that begins with the word, and that line."""
		deadline = time.monotonic() + timeout
		text = []
		while True:
			line, newline, rest = self._buffer.partition(b"\n")
			if newline:
				self._buffer = rest
				text.append(line.decode())
				if text[-1].split(" ")[0] == word:
					return "\n".join(text[:-1]), text[-1]
			elif not self._fill(deadline):
				raise HarnessError(f"{self.name} ended before it said '{word}': {self.errors() or self.status()}")

	def read_all(self, timeout):
		"""Returns the output up to its end and waits for the end of the process."""
		deadline = time.monotonic() + timeout
		while self._fill(deadline):
			pass
		try:
			self._process.wait(max(0.1, deadline - time.monotonic()))
		except subprocess.TimeoutExpired:
			raise HarnessError(f"{self.name} does not end") from None
		return self._buffer.decode()

	def status(self):
		code = self._process.poll()
		if code is None:
			return "still running"
		return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

	def returncode(self):
		return self._process.poll()

	def write_line(self):
		try:
			self._process.stdin.write(b"\n")
			self._process.stdin.flush()
		except BrokenPipeError:
			raise HarnessError(f"{self.name} is gone: {self.errors() or self.status()}") from None

	def close_input(self):
		try:
			self._process.stdin.close()
		except BrokenPipeError:
			pass

	def signal(self, number):
		self._process.send_signal(number)

	def kill(self):
		if self._process.poll() is None:
			self._process.kill()
		self._process.wait()
		self.close_input()
		self._process.stdout.close()
		self._errors.close()


class Server(Process):
	"""A server under test. Knows its port once constructed."""

	def __init__(self, arguments, environment=None, **options):
		super().__init__(arguments, environment, **options)
		self._stopped = False
		self.crashed = None # or what happened, once the server is gone
		try:
			self.port = self._wait_for_port()
		except BaseException:
			self.kill()
			raise

	def _wait_for_port(self):
		return int(self.read_until("listening", 10)[1].split()[1])

	def processes(self):
		"""The processes that do the server's work."""
		return [self.pid]

	def cpu_seconds(self):
		"""User and system time of all processes so far."""
		self.check()
		return sum(process_cpu_seconds(pid) for pid in self.processes())

	def resident_bytes(self):
		"""Of all processes. The kernel counts for this file; VmRSS of status may be late by some pages a thread."""
		return sum(int(re.search(r"^Rss:\s+(\d+) kB", self._proc("smaps_rollup", pid), re.MULTILINE).group(1))
			for pid in self.processes()) * 1024

	def mapped_file(self, part):
		"""Returns the path of a library the process has loaded."""
		for line in self._proc("maps").splitlines():
			path = line.split(maxsplit=5)[-1]
			if part in os.path.basename(path):
				return path
		return None

	def _proc(self, name, pid=None):
		try:
			return pathlib.Path(f"/proc/{pid or self.pid}/{name}").read_text()
		except OSError:
			raise HarnessError(f"{self.name} is gone: {self.errors() or self.status()}") from None

	def check(self):
		if self.returncode() is not None:
			raise HarnessError(self._describe("crashed"))

	def kill(self):
		if self.returncode() is not None and not self._stopped:
			self.crashed = self._describe("crashed")
		self._stopped = True
		super().kill()

	def _describe(self, what):
		return f"{' '.join([self.name] + self.arguments[1:])} {what}: {self.status()} {self.errors()}".strip()

	def stop(self):
		"""Ends the server with SIGTERM. Returns what it prints about itself, and what went wrong or None."""
		self.check()
		self._stopped = True
		self.signal(signal.SIGTERM)
		values = parse_values(self.read_all(20))
		if self.returncode() in (0, -signal.SIGTERM):
			return values, None
		return values, self._describe("crashed when it was stopped")


class Load(Process):
	"""The load client. Without a gate: result(). With one: ready(), [go(), done()], release()."""

	def __init__(self, program, mode, port, **options):
		arguments = [program, mode, f"--port={port}"]
		for name, value in options.items():
			name = "--" + name.replace("_", "-")
			arguments.append(name if value is True else f"{name}={value}")
		super().__init__(arguments)

	def ready(self, timeout=60):
		self.read_until("ready", timeout)

	def go(self):
		self.write_line()

	def done(self, timeout=120):
		return parse_values(self.read_until("done", timeout)[0])

	def held(self, timeout=60):
		return parse_values(self.read_until("held", timeout)[0])

	def release(self):
		self.close_input()
		self.read_all(30)

	def result(self, timeout=120):
		text = self.read_all(timeout)
		if self.returncode() != 0:
			raise HarnessError(f"{self.name}: {self.errors() or self.status()}")
		return parse_values(text)


def close_seconds(client, number):
	"""Returns how long one thread takes to close as many accepted connections, and does nothing else.

	The least that ending them can cost: the kernel's work for it."""
	soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
	resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
	connections = []
	try:
		with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
			listener.settimeout(10)
			with Load(client, "hold", listener.getsockname()[1], connections=number, timeout=30, keep=True) as load:
				for _ in range(number):
					connections.append(listener.accept()[0])
				for connection in connections:
					connection.settimeout(10)
					connection.recv(1024)
					connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				load.held()
				descriptors = [connection.detach() for connection in connections]
				begin = time.monotonic()
				for descriptor in descriptors:
					os.close(descriptor)
				elapsed = time.monotonic() - begin
				load.release()
		return elapsed
	except OSError as error:
		raise HarnessError(f"closing {number:,} connections: {error}") from None
	finally:
		for connection in connections:
			connection.close()
		resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class SystemCalls:
	"""Counts the system calls of a server while the with block runs; calls is {name: number} then."""

	def __init__(self, server):
		self._server = server
		self.calls = {}

	def __enter__(self):
		self._output = tempfile.NamedTemporaryFile("r", prefix="evnet-strace-")
		self._strace = subprocess.Popen([require_tool("strace"), "-c", "-f", "-U", "calls,name", "-o", self._output.name]
			+ [argument for pid in self._server.processes() for argument in ("-p", str(pid))],
			stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
		self._wait_for_attached()
		return self

	def _wait_for_attached(self):
		# All threads are attached before the first line about it is printed.
		stderr = self._strace.stderr.fileno()
		ready = select.select([stderr], [], [], 10)[0]
		line = os.read(stderr, 65536).decode() if ready else ""
		if "attached" not in line:
			self._end()
			raise HarnessError(f"strace cannot attach to the server (run as root, or set kernel.yama.ptrace_scope=0): {line.strip()}")
		time.sleep(0.2)

	def _end(self):
		if self._strace.poll() is None:
			self._strace.send_signal(signal.SIGINT)
			try:
				self._strace.wait(10)
			except subprocess.TimeoutExpired:
				self._strace.kill()
				self._strace.wait()
		self._strace.stderr.close()

	def __exit__(self, *_):
		self._end()
		with self._output as file:
			for line in file.read().splitlines():
				match = re.fullmatch(r"\s*(\d+)\s+(\w+)\s*", line)
				if match and match.group(2) != "total":
					self.calls[match.group(2)] = int(match.group(1))


class Allocations:
	"""Starts a server that counts its allocations, and reads the counts."""

	def __init__(self, counter, module):
		self._directory = tempfile.TemporaryDirectory(prefix="evnet-alloc-")
		self._file = pathlib.Path(self._directory.name) / "counts"
		self.environment = {"LD_PRELOAD": counter, "ALLOC_COUNTER_FILE": str(self._file), "ALLOC_COUNTER_MODULE": module}

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self._directory.cleanup()

	def sample(self, server):
		"""Returns the counts so far; sites is {offset in the module: number}."""
		self._file.unlink(missing_ok=True)
		server.check()
		server.signal(signal.SIGUSR2)
		deadline = time.monotonic() + 5
		while not self._file.exists():
			if time.monotonic() > deadline:
				raise HarnessError("the allocation counter does not answer")
			time.sleep(0.01)
		text = self._file.read_text()
		values = parse_values(text)
		offsets = re.findall(r"^site (0x[0-9a-f]+)$", text, re.MULTILINE)
		counts = re.findall(r"^site_count (\d+)$", text, re.MULTILINE)
		values["sites"] = {offset: int(count) for offset, count in zip(offsets, counts)}
		return values


def describe_site(library, offset):
	"""Returns the function at an offset of a library, if binutils is there to tell."""
	tool = shutil.which("addr2line")
	if not tool or not library:
		return offset
	# A return address points behind the call.
	address = hex(int(offset, 16) - 1)
	result = subprocess.run([tool, "-Cfse", library, address], capture_output=True, text=True, check=False)
	lines = result.stdout.split("\n")
	return " ".join([offset] + [line for line in lines[:2] if line and not line.startswith("?")])
