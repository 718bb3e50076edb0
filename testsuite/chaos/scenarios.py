"""The scenarios of the chaos tests that need nothing but the loopback interface.

Each is a function that takes a Context and returns a line with what it has measured. It raises Failure
if EVNet does not do what it should.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import re
import resource
import selectors
import shutil
import socket
import time

from harness import Client, Faults, Process, Server, Skip, check

IDLE_CPU = 2 # percent of a core
MEBIBYTE = 1 << 20
GET = b"GET /hello HTTP/1.1\r\nHost: chaos\r\n\r\n"


class Context:
	"""What a scenario may need."""

	def __init__(self, programs, sanitized, short, seed):
		self.programs = programs
		self.sanitized = sanitized # the same, or None
		self.short = short
		self.seed = seed

	def choose(self, short, full):
		return short if self.short else full


def require_tool(name):
	path = shutil.which(name)
	if not path:
		raise Skip(f"{name} is missing")
	return path


#
# slow clients
#

SLOW_MODES = {
	# a header that never ends
	"headers": ["-H", "-i", "1", "-x", "10", "-t", "GET", "/hello"],
	# a body that never ends
	"body": ["-B", "-i", "1", "-x", "10", "-s", "8192", "-t", "POST", "/echo"],
	# an answer that is hardly read
	"read": ["-X", "-w", "512", "-y", "1024", "-n", "3", "-z", "32", "-t", "GET", "/large?100000"],
	# thousands of overlapping ranges
	"range": ["-R", "-a", "10", "-b", "2000", "-t", "HEAD", "/hello"],
}
SLOW_CONNECTIONS = 2000


def slow_clients(server, mode, seconds):
	*options, path = SLOW_MODES[mode]
	return Process([require_tool("slowhttptest"), *options, "-u", server.url(path), "-c", str(SLOW_CONNECTIONS), "-r", "500",
		"-l", str(seconds), "-p", "5"])


def slow_round(context, modes, seconds):
	"""Runs good clients beside slow ones. Returns the counts of the good ones and the statistics of the server."""
	timeout = context.choose(3, 8)
	# The kernel alone would keep the whole answer of a client that does not read.
	with Server(context.programs, f"--timeout={1000*timeout}", "--sendBuffer=10000", "--accept=roundrobin") as server:
		attackers = [slow_clients(server, mode, seconds) for mode in modes]
		try:
			with Client(context.programs, server, clients=4, seconds=seconds, basic=True, seed=context.seed) as good:
				counts = good.result(seconds + 60)
			for attacker in attackers:
				attacker.read_all(seconds + 30)
		finally:
			for attacker in attackers:
				attacker.kill()
		server.drained(3*timeout + 10)
		server.no_descriptors_leaked()
		return counts, server.stop()


def slow(context):
	rounds = context.choose([list(SLOW_MODES)], [[mode] for mode in SLOW_MODES])
	answered = opened = 0
	closed = {}
	for modes in rounds:
		counts, statistics = slow_round(context, modes, context.choose(10, 30))
		answered += counts["requests"]
		slow_ones = statistics["accepted"] - counts["connections"]
		check(slow_ones >= len(modes)*SLOW_CONNECTIONS*0.9, f"only {slow_ones} slow connections ({', '.join(modes)})")
		opened += slow_ones
		for reason, count in statistics["closed"].items():
			closed[reason] = closed.get(reason, 0) + count
	check(closed["request_timeout"] > 0 and closed["send_timeout"] > 0, f"no slow request, or no slow reader, has timed out: {closed}")
	return f"{opened:,} slow connections, {answered:,} requests of good clients all answered; closed: {reasons(closed)}"


def reasons(closed):
	return ", ".join(f"{name} {count:,}" for name, count in closed.items() if count)


#
# clients that stall
#

STALLING = 100
GONE_AFTER = 10 # seconds
ANSWERED_WITHIN = 1


def stall(context):
	"""100 clients at once that stall in one way, with TLS or without, 16 threads, timeout 3 s: EVSecureStallTest at full size."""
	if context.short:
		raise Skip("takes its time, and the tests have it in small")
	with Process([context.programs["EVNet-testrunner"], "EVSecureStallTest"], {"EVNET_STALLING": str(STALLING)}) as tests:
		text = tests.read_all(600)
		if "EVSecureStallTest" not in text:
			raise Skip("the tests have been built without NetSSL")
		check(tests.returncode() == 0, f"{tests.status()}: {text[-1000:]}")
		text = tests.errors() # what is measured
	gone = [int(number) for number in re.findall(r"gone after (\d+) ms", text)]
	slowest = [int(number) for number in re.findall(r"slowest good answer (\d+) ms", text)]
	check(len(gone) == 12 and len(slowest) == 12, f"not all kinds have been tried: {text[-1000:]}")
	check(max(gone) <= 1000*GONE_AFTER, f"bad clients are there for {max(gone)} ms: {text}")
	check(max(slowest) <= 1000*ANSWERED_WITHIN, f"a good client has waited for {max(slowest)} ms: {text}")
	return (f"{STALLING} clients of each of {len(gone)} kinds: all gone after {max(gone)} ms at most, "
		f"the slowest answer to a good one took {max(slowest)} ms")


#
# system calls that fail
#

POLICIES = ["adaptive", "dedicated", "inline"]


def faults(context):
	rounds = context.choose(3, 12)
	seconds = context.choose(4, 15)
	answered = lost = injected = 0
	worst = 0.
	for i in range(rounds):
		kinds = Faults(context.programs, Faults.ALL, [0.02, 0.1, 0.005][i % 3], context.seed + i)
		with Server(context.programs, f"--execution={POLICIES[i % 3]}", "--timeout=5000", faults=kinds) as server:
			with Client(context.programs, server, clients=16, seconds=seconds, seed=context.seed + i) as client:
				counts = client.result(seconds + 60, excused=True)
			server.drained(30)
			server.no_descriptors_leaked()
			worst = max(worst, idle_cpu(server, context.choose(1, 3)))
			server.stop()
		injected += kinds.injected()
		answered += counts["ok"]
		lost += counts["lost"] + counts["refused"] + counts["unconnected"]
	return (f"{injected:,} faults in {rounds} rounds; {answered:,} exchanges complete and right, {lost:,} cut off; "
		f"CPU when idle {worst:.2f} %")


def idle_cpu(server, seconds):
	share = server.cpu_share(seconds)
	check(share < IDLE_CPU, f"the idle server uses {share:.1f} % of a core")
	return share


# Whatever a call that is repeated or done in pieces can disturb. The other suites are about memory and
# load, which faults change, have requests without a framing or wait for the backlog to be empty, or do no I/O.
SUITES = [
	"EVHTTPServerBodyTest", "EVHTTPServerDetachTest", "EVHTTPServerErrorTest", "EVHTTPServerHandlerTest", "EVHTTPServerKeepAliveTest",
	"EVHTTPServerStopTest", "EVHTTPServerTest", "EVHTTPServerTrailerTest", "EVTCPServerAdoptTest",
	"EVTCPServerBlockingTest", "EVTCPServerCloseTest", "EVTCPServerDetachTest", "EVTCPServerOutputTest", "EVTCPServerStopTest",
	"EVTCPServerTest", "EVTCPServerThreadsTest", "WebSocketTest",
]
SHORT_SUITES = ["EVHTTPServerBodyTest", "EVHTTPServerDetachTest", "EVHTTPServerTest", "EVTCPServerOutputTest", "EVTCPServerTest",
	"WebSocketTest"]


def suite(context):
	"""Harmless faults: nobody may notice them."""
	injected = passed = 0
	rounds = context.choose(1, 5)
	for i in range(rounds):
		kinds = Faults(context.programs, Faults.HARMLESS, 0.1, context.seed + i)
		with Process([context.programs["EVNet-testrunner"], *context.choose(SHORT_SUITES, SUITES)], kinds.environment()) as tests:
			text = tests.read_all(600)
			failed = [line for line in text.splitlines() if "FAILED" in line or line.startswith("    ")]
			check(tests.returncode() == 0, f"tests fail with FAULT_SEED={context.seed + i}: {tests.status()}: "
				f"{' | '.join(failed[:6]) or text[-300:]}")
		passed += int(re.search(r"^(\d+) passed", text, re.MULTILINE).group(1))
		injected += kinds.injected()
	return f"{passed} tests passed with {injected:,} faults in {rounds} rounds"


#
# too few descriptors
#

CROWD = 2000
FEW_DESCRIPTORS = 256


class Crowd:
	"""Many clients that each send one request at once. A client that has been answered stays."""

	def __init__(self, server, count):
		self._selector = selectors.DefaultSelector()
		self.waiting = set()
		self.answered = set()
		self.failed = 0
		for _ in range(count):
			client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
			client.setblocking(False)
			client.connect_ex((server.host, server.port))
			self._selector.register(client, selectors.EVENT_WRITE)
			self.waiting.add(client)

	def __enter__(self):
		return self

	def __exit__(self, *_):
		for client in self.waiting | self.answered:
			client.close()
		self._selector.close()

	def proceed(self, seconds):
		"""Lets the clients work until nothing happens for so long."""
		while True:
			events = self._selector.select(seconds)
			if not events:
				return
			for key, mask in events:
				self._step(key.fileobj, mask)

	def _step(self, client, mask):
		try:
			if mask & selectors.EVENT_WRITE:
				client.send(GET)
				self._selector.modify(client, selectors.EVENT_READ)
			elif client in self.waiting and client.recv(4096).endswith(b"Hello, World!"):
				self.waiting.discard(client)
				self.answered.add(client)
			else:
				raise ConnectionError
		except OSError:
			self._selector.unregister(client)
			self.waiting.discard(client)
			self.answered.discard(client)
			client.close()
			self.failed += 1

	def leave(self):
		"""Those who have been answered go. Returns how many they were."""
		count = len(self.answered)
		for client in self.answered:
			self._selector.unregister(client)
			client.close()
		self.answered = set()
		return count


def descriptors(context):
	"""With the default capacity the server stops accepting in time; with one that is too large, accept() fails."""
	need_descriptors(CROWD + 200)
	lines = []
	for name, options in (("capacity by the limit", []), ("capacity too large", ["--capacity=10000"])):
		with Server(context.programs, "--keepAliveTimeout=300000", *options, descriptors=FEW_DESCRIPTORS) as server:
			lines.append(f"{name}: {crowded(context, server)}")
			server.drained(20)
			with Client(context.programs, server, clients=8, seconds=1, seed=context.seed) as client:
				client.result(60)
			server.drained(20)
			server.no_descriptors_leaked()
			check(server.stop()["acceptPauses"] > 0, "the server has never paused")
	return f"{CROWD:,} clients, {FEW_DESCRIPTORS} descriptors; " + "; ".join(lines)


def crowded(context, server):
	with Crowd(server, CROWD) as crowd:
		crowd.proceed(1)
		first = len(crowd.answered)
		check(first >= FEW_DESCRIPTORS//2, f"only {first} clients are served")
		share = idle_cpu(server, context.choose(2, 10))
		served = 0
		deadline = time.monotonic() + 60
		while crowd.answered or crowd.waiting:
			check(time.monotonic() < deadline, f"{len(crowd.waiting)} clients are still not served")
			served += crowd.leave()
			crowd.proceed(0.3 if crowd.waiting else 0)
		check(crowd.failed == 0 and served == CROWD, f"{served} clients served, {crowd.failed} failed")
	return f"{first} served at once, CPU while paused {share:.2f} %, then all"


def need_descriptors(count):
	soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
	if soft < count:
		if hard != resource.RLIM_INFINITY and hard < count:
			raise Skip(f"{count} descriptors are needed, the hard limit is {hard}")
		resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


#
# soak
#

def soak(context):
	line = soaked(context, context.programs, context.choose(100000, 5000000), True)
	if context.sanitized:
		line += "; with AddressSanitizer: " + soaked(context, context.sanitized, context.choose(20000, 500000), False)
	return line


def soaked(context, programs, requests, compare_memory):
	with Server(programs) as server:
		def load(count, seed):
			# The clients are always the fast ones.
			with Client(context.programs, server, clients=16, requests=count, sources=8, seed=seed) as client:
				counts = client.result(60 + count/500)
			server.drained(30)
			return counts

		load(max(20000, requests//5), context.seed)
		before = server.resident_bytes()
		start = time.monotonic()
		counts = load(requests, context.seed + 1)
		seconds = time.monotonic() - start
		after = server.resident_bytes()
		if compare_memory:
			check(after <= before*1.02 + MEBIBYTE,
				f"memory grows from {before/MEBIBYTE:.1f} to {after/MEBIBYTE:.1f} MiB in {counts['requests']:,} requests")
		server.no_descriptors_leaked()
		statistics = server.stop()
	return (f"{counts['requests']:,} requests over {counts['connections']:,} connections in {seconds:.0f} s, "
		f"memory {before/MEBIBYTE:.1f} MiB, then {after/MEBIBYTE:.1f} MiB; closed: {reasons(statistics['closed'])}")


SCENARIOS = {"slow": slow, "stall": stall, "faults": faults, "suite": suite, "descriptors": descriptors, "soak": soak}
