#!/usr/bin/env python3
"""Restarts EVNet servers behind HAProxy, one after another, under load: no request may fail.

Starts three EVHTTPKeepAliveServer and HAProxy with the haproxy.cfg beside this file, on the loopback interface. Keep-alive clients
send GET and POST requests through HAProxy, and check every answer. Meanwhile each server is taken out, drained, and
started anew. Then one is killed: only requests that it had may fail. The exit status is 0 if that is so, else 1.

Needs Python 3 and HAProxy (Debian's haproxy; its service is not used).

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import argparse
import collections
import csv
import hashlib
import heapq
import json
import os
import pathlib
import random
import re
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
SERVER = "EVHTTPKeepAliveServer"
SERVERS = 3
BACKEND = "evnet"
#: A server shall be out of HAProxy, and have answered what it has, before it drains: see inter and fastinter in haproxy.cfg.
LEAVE_DELAY = 3
#: How long the body of a slow upload rests in the middle.
PAUSE = 0.4
ANSWER_TIMEOUT = 15
#: After so many requests, a client opens a new connection.
REQUESTS_PER_CONNECTION = 100
DOWNLOAD = 200000
#: What DownloadHandler of the sample sends.
LINE = bytes(range(32, 32 + 63)) + b"\n"
CONTENT = (LINE * (DOWNLOAD // len(LINE) + 1))[:DOWNLOAD]
#: After a crash, HAProxy may still take a connection of which it has not noticed that it is closed.
NOTICE = 0.1


class TestError(Exception):
	"""Ends the test with a message."""


def free_port():
	"""Below the ports that the system gives to clients: a server must find its port free when it is started anew."""
	for _ in range(100):
		port = random.randrange(15000, 32000)
		with socket.socket() as probe:
			try:
				probe.bind(("127.0.0.1", port))
				return port
			except OSError:
				pass
	raise TestError("there is no free port")


def wait_for(what, condition, timeout):
	deadline = time.monotonic() + timeout
	while not condition():
		if time.monotonic() > deadline:
			raise TestError(f"{what}: not within {timeout} s")
		time.sleep(0.02)


class Process:
	"""A child that is ended by its id."""

	def __init__(self, command, environment=None):
		self.name = os.path.basename(command[0])
		self.errors = tempfile.TemporaryFile()
		self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors,
			env={**os.environ, **(environment or {})}, start_new_session=True)

	def ended(self):
		return self.process.poll() is not None

	def check(self):
		if self.ended():
			self.errors.seek(0)
			raise TestError(f"{self.name} has ended with status {self.process.returncode}: "
				f"{self.errors.read().decode(errors='replace').strip()}")

	def signal(self, number):
		self.process.send_signal(number)

	def wait(self, timeout):
		try:
			return self.process.wait(timeout)
		except subprocess.TimeoutExpired:
			raise TestError(f"{self.name} does not end") from None

	def close(self):
		if not self.ended():
			self.process.kill()
			self.process.wait()
		self.process.stdout.close()
		self.errors.close()


class Server(Process):
	def __init__(self, directory, port, leave_delay):
		super().__init__([os.path.join(directory, SERVER), f"--port={port}", f"--leaveDelay={leave_delay}"])
		try:
			if not select.select([self.process.stdout], [], [], 20)[0] or not self.process.stdout.readline():
				self.process.kill()
				self.wait(5)
				self.check()
		except BaseException:
			self.close()
			raise


class HAProxy(Process):
	def __init__(self, program, directory, front, ports):
		self.path = os.path.join(directory, "admin.sock")
		environment = {"EVNET_ADMIN": self.path, "EVNET_FRONT": f"127.0.0.1:{front}"}
		for i, port in enumerate(ports, 1):
			environment[f"EVNET_{i}"] = f"127.0.0.1:{port}"
		super().__init__([program, "-db", "-f", str(HERE / "haproxy.cfg")], environment)

	def command(self, text):
		self.check()
		with socket.socket(socket.AF_UNIX) as admin:
			admin.settimeout(5)
			admin.connect(self.path)
			admin.sendall(text.encode() + b"\n")
			answer = b""
			while True:
				data = admin.recv(65536)
				if not data:
					return answer.decode().strip()
				answer += data

	def set_state(self, name, state):
		answer = self.command(f"set server {BACKEND}/{name} state {state}")
		if answer:
			raise TestError(f"HAProxy: {answer}")

	def statistics(self):
		"""Returns {server, or BACKEND for all of them: its fields}."""
		lines = self.command("show stat").lstrip("# ").splitlines()
		return {row["svname"]: row for row in csv.DictReader(lines) if row["pxname"] == BACKEND}

	def up(self, name):
		return self.statistics()[name]["status"].startswith("UP")

	def down(self, name):
		return self.statistics()[name]["status"].startswith("DOWN")


Failure = collections.namedtuple("Failure", "request sent failed what")


class Client:
	"""A keep-alive connection with one request at a time."""

	def __init__(self, clients):
		self.clients = clients
		self.socket = None
		self.served = 0
		self.turn = 0
		self.clear()

	def clear(self):
		self.turn += 1
		self.kind = self.sent = self.expected = self.length = None
		self.rest = b""
		self.answer = bytearray()

	def start(self):
		"""Sends the next request."""
		self.clear()
		if self.socket is None:
			self.socket = socket.create_connection(("127.0.0.1", self.clients.port), timeout=5)
			self.socket.setblocking(False)
			self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
			self.served = 0
			self.clients.selector.register(self.socket, selectors.EVENT_READ, self)
		self.kind = random.choices(("GET", "POST", "slow POST", "download"), (60, 25, 10, 5))[0]
		request = self.make_request()
		self.sent = time.monotonic()
		self.clients.call_later(ANSWER_TIMEOUT, self, self.give_up)
		try:
			if self.socket.send(request) != len(request):
				self.fail("the request does not fit into the socket")
		except OSError as error:
			self.fail(f"sending: {error}")

	def make_request(self):
		if self.kind == "download":
			return f"GET /download?size={DOWNLOAD} HTTP/1.1\r\nHost: test\r\n\r\n".encode()
		if self.kind == "GET":
			self.expected = f"/json?n={random.getrandbits(32)}"
			return f"GET {self.expected} HTTP/1.1\r\nHost: test\r\n\r\n".encode()
		body = random.randbytes(random.randrange(100, 4000))
		self.expected = (len(body), hashlib.sha1(body).hexdigest())
		header = ("POST /upload HTTP/1.1\r\nHost: test\r\nContent-Type: application/octet-stream\r\n"
			f"Content-Length: {len(body)}\r\n\r\n").encode()
		if self.kind == "POST":
			return header + body
		half = len(body) // 2
		self.rest = body[half:]
		self.clients.call_later(PAUSE, self, self.send_rest)
		return header + body[:half]

	def send_rest(self):
		try:
			self.socket.send(self.rest)
		except OSError as error:
			self.fail(f"sending: {error}")

	def receive(self):
		try:
			data = self.socket.recv(262144)
		except BlockingIOError:
			return
		except OSError as error:
			self.fail(f"receiving: {error}")
			return
		if not data:
			self.fail("closed in the middle of an answer" if self.answer else "closed without an answer")
			return
		self.answer += data
		if self.length is None:
			self.parse_header()
		if self.length is not None and len(self.answer) >= self.length:
			self.finish()

	def parse_header(self):
		end = self.answer.find(b"\r\n\r\n")
		if end < 0:
			return
		header = self.answer[:end].decode("latin-1")
		match = re.search(r"\r\ncontent-length: *(\d+)", header, re.IGNORECASE)
		self.status = header.split(" ")[1]
		self.closes = bool(re.search(r"\r\nconnection: *close", header, re.IGNORECASE))
		self.body = end + 4
		# an error of HAProxy's has a length as well
		self.length = self.body + int(match.group(1)) if match else self.body

	def finish(self):
		if self.status != "200":
			self.fail(f"status {self.status}")
		elif len(self.answer) > self.length or not self.right(bytes(self.answer[self.body:])):
			self.fail("a wrong answer")
		else:
			self.clients.answered[self.kind] += 1
			self.served += 1
			if self.closes or self.served >= REQUESTS_PER_CONNECTION:
				self.close()
			self.clients.next(self)

	def right(self, body):
		if self.kind == "download":
			return body == CONTENT
		answer = json.loads(body)
		if self.kind == "GET":
			return answer["uri"] == self.expected and answer["method"] == "GET"
		part = answer["parts"][0]
		return (part["size"], part["sha1"].lower()) == self.expected

	def fail(self, what):
		self.clients.failures.append(Failure(self.kind, self.sent, time.monotonic(), what))
		self.close()
		self.clear()
		self.clients.call_later(0.05, self, lambda: self.clients.next(self))

	def give_up(self):
		self.fail(f"no answer within {ANSWER_TIMEOUT} s")

	def close(self):
		if self.socket:
			self.clients.selector.unregister(self.socket)
			self.socket.close()
			self.socket = None


class Clients(threading.Thread):
	"""All clients, in a thread of their own."""

	def __init__(self, port, number):
		super().__init__(daemon=True)
		self.port = port
		self.selector = selectors.DefaultSelector()
		self.answered = collections.Counter()
		self.failures = []
		self.error = None
		self.stopping = False
		self.times = []
		self.tie = 0
		self.clients = [Client(self) for _ in range(number)]
		self.ready = collections.deque(self.clients)

	def call_later(self, seconds, client, action):
		"""Calls the action then, unless the client is at another request by that time."""
		self.tie += 1
		heapq.heappush(self.times, (time.monotonic() + seconds, self.tie, client, client.turn, action))

	def next(self, client):
		self.ready.append(client)

	def busy(self):
		return any(client.sent is not None for client in self.clients)

	def run(self):
		try:
			while self.round():
				pass
		except Exception as error: # the main thread shall know
			self.error = error
		finally:
			for client in self.clients:
				client.close()
			self.selector.close()

	def round(self):
		while self.ready:
			client = self.ready.popleft()
			client.clear()
			if not self.stopping:
				client.start()
		now = time.monotonic()
		while self.times and self.times[0][0] <= now:
			_, _, client, turn, action = heapq.heappop(self.times)
			if client.turn == turn:
				action()
		for key, _ in self.selector.select(0.02):
			if key.data.socket is key.fileobj:
				key.data.receive()
		return not self.stopping or self.busy()

	def stop(self):
		"""Lets all requests end."""
		self.stopping = True
		if self.ident is None:
			return
		self.join(ANSWER_TIMEOUT + 10)
		if self.is_alive():
			raise TestError("the clients do not end")

	def check(self):
		if self.error:
			raise TestError(f"the clients: {self.error!r}")


class Cluster:
	"""Three servers, HAProxy, and the clients."""

	def __init__(self, arguments, directory):
		self.arguments = arguments
		self.leave_delay = LEAVE_DELAY if arguments.how == "health" else 0
		self.ports = [free_port() for _ in range(SERVERS)]
		self.names = [f"evnet{i + 1}" for i in range(SERVERS)]
		self.servers = [None] * SERVERS
		self.proxy = self.clients = None
		front = free_port()
		try:
			for i in range(SERVERS):
				self.start(i)
			self.proxy = HAProxy(arguments.haproxy, directory, front, self.ports)
			wait_for("HAProxy listens", lambda: self.proxy.check() or os.path.exists(self.proxy.path), 10)
			for name in self.names:
				wait_for(f"{name} is up", lambda: self.proxy.up(name), 10)
			self.clients = Clients(front, arguments.connections)
			self.clients.start()
		except BaseException:
			self.close()
			raise

	def start(self, i):
		self.servers[i] = Server(self.arguments.bin, self.ports[i], self.leave_delay)

	def close(self):
		try:
			if self.clients:
				self.clients.stop()
		finally:
			for process in [self.proxy] + self.servers:
				if process:
					process.close()

	def rest(self, seconds):
		deadline = time.monotonic() + seconds
		while time.monotonic() < deadline:
			self.clients.check()
			self.proxy.check()
			time.sleep(0.05)

	def roll(self, i):
		"""Takes a server out, ends it and starts another one. Returns how long its end and its start have taken."""
		name, server, how = self.names[i], self.servers[i], self.arguments.how
		begin = time.monotonic()
		if how == "admin":
			self.proxy.set_state(name, "drain")
			wait_for(f"{name} has no request", lambda: self.proxy.statistics()[name]["scur"] == "0", 20)
		server.signal(signal.SIGKILL if how == "kill" else signal.SIGTERM)
		status = server.wait(30)
		if how != "kill" and status != 0:
			raise TestError(f"{name} ended with status {status}")
		ended = time.monotonic()
		server.close()
		self.start(i)
		if how == "admin":
			self.proxy.set_state(name, "ready")
		wait_for(f"{name} is up", lambda: self.proxy.up(name), 20)
		return ended - begin, time.monotonic() - ended

	def crash(self, i):
		"""Kills a server, and starts another one when HAProxy has taken it out. Returns when it was gone, and how long HAProxy took."""
		name, server = self.names[i], self.servers[i]
		server.signal(signal.SIGKILL)
		server.wait(10)
		gone = time.monotonic()
		wait_for(f"{name} is down", lambda: self.proxy.down(name), 20)
		noticed = time.monotonic() - gone
		self.rest(1)
		server.close()
		self.start(i)
		wait_for(f"{name} is up", lambda: self.proxy.up(name), 20)
		return gone, noticed

	def counters(self):
		"""What HAProxy has counted so far: (retries, redispatches, connections refused, broken answers)."""
		row = self.proxy.statistics()["BACKEND"]
		return collections.Counter({field: int(row[field]) for field in ("wretr", "wredis", "econ", "eresp")})


class Phase:
	"""What the clients and HAProxy count from here to end()."""

	def __init__(self, cluster):
		self.cluster = cluster
		self.begin = time.monotonic()
		self.answered = sum(cluster.clients.answered.values())
		self.failures = len(cluster.clients.failures)
		self.counters = cluster.counters()

	def end(self, title):
		clients = self.cluster.clients
		clients.check()
		seconds = time.monotonic() - self.begin
		answered = sum(clients.answered.values()) - self.answered
		failures = clients.failures[self.failures:]
		counters = self.cluster.counters()
		counters.subtract(self.counters)
		print(f"{title}: {answered:,} requests answered in {seconds:.1f} s, {len(failures)} failed; "
			f"HAProxy: {counters['wretr']} sent again to the same server, {counters['wredis']} to another one, "
			f"{counters['econ']} connections failed, {counters['eresp']} answers broken")
		for (request, what), number in sorted(collections.Counter((failure.request, failure.what) for failure in failures).items()):
			print(f"    {number} x {request}: {what}")
		return failures


def run(cluster):
	"""Returns True if what must not happen has not happened."""
	cluster.rest(1)
	phase = Phase(cluster)
	for i, name in enumerate(cluster.names):
		ended, started = cluster.roll(i)
		print(f"{name}: gone after {ended:.1f} s, its successor has requests after another {started:.1f} s", flush=True)
		cluster.rest(0.5)
	good = not phase.end(f"Restarted one after another ({cluster.arguments.how})")
	if cluster.arguments.no_crash:
		return good

	phase = Phase(cluster)
	gone, noticed = cluster.crash(0)
	cluster.rest(0.5)
	failures = phase.end("Killed one")
	later = [failure for failure in failures if failure.sent > gone + NOTICE]
	print(f"    HAProxy has taken it out {noticed:.1f} s after its end; of the failed requests, {len(failures) - len(later)} "
		f"were under way then, {len(later)} came later")
	requests = {name: int(row["stot"]) for name, row in cluster.proxy.statistics().items() if name in cluster.names}
	print("requests and checks for each server: " + ", ".join(f"{name} {number:,}" for name, number in requests.items()))
	return good and not later and all(requests.values())


def parse_arguments():
	parser = argparse.ArgumentParser(description="Restarts three EVNet servers behind HAProxy, one after another, under load.",
		epilog="Exit status: 1 if a request failed that must not (after a kill, only those may that the server had), 2 "
		"if something is missing.")
	parser.add_argument("--bin", required=True, metavar="DIR", help=f"where {SERVER} is")
	parser.add_argument("--connections", type=int, default=64, metavar="N", help="keep-alive connections to HAProxy (default: 64)")
	parser.add_argument("--how", choices=("health", "admin", "term", "kill"), default="health",
		help="how a server is taken out before it is ended: by /health, which says 503 for some seconds after SIGTERM (default); "
		"by HAProxy's runtime API and then SIGTERM; not at all before SIGTERM; with kill -9, which shows that the test can fail")
	parser.add_argument("--no-crash", action="store_true", help="do not kill a server at the end")
	arguments = parser.parse_args()
	if not 1 <= arguments.connections <= 500:
		parser.error("--connections must be from 1 to 500")
	# Debian has it where only root looks for programs
	arguments.haproxy = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")
	if not arguments.haproxy:
		parser.error("haproxy is missing: install Debian's package 'haproxy'")
	if not os.access(os.path.join(arguments.bin, SERVER), os.X_OK):
		parser.error(f"{SERVER} is not in {arguments.bin}")
	return arguments


def main():
	arguments = parse_arguments()
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
	with tempfile.TemporaryDirectory(prefix="evnet-haproxy-") as directory:
		try:
			cluster = Cluster(arguments, directory)
			try:
				good = run(cluster)
			finally:
				cluster.close()
		except (TestError, OSError) as error:
			print(f"rolling-drain: {error}", file=sys.stderr)
			return 1
		except KeyboardInterrupt:
			return 1
	print("As it should be." if good else "Requests have failed that must not.")
	return 0 if good else 1


if __name__ == "__main__":
	sys.exit(main())
