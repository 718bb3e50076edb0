"""The figures with TLS: EVHTTPServer with a SecureServerSocket beside nginx, with the same certificate and ciphers. README.md says why
it is measured this way.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import contextlib
import pathlib
import re
import resource
import socket
import ssl
import statistics
import subprocess
import tempfile
import time

from bench import at_least, at_most, spread
from harness import HarnessError, require_tool
from peer_programs import find_installed

SERVERS = {"EVHTTPServer": "evhttp", "nginx": "nginx"}
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextlib.contextmanager
def certificate():
	"""A new one, P-256, in a file with its key."""
	with tempfile.TemporaryDirectory(prefix="evnet-tls-") as folder:
		path = pathlib.Path(folder)
		subprocess.run([require_tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
			"-keyout", path / "key", "-out", path / "certificate", "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
		(path / "both").write_bytes((path / "certificate").read_bytes() + (path / "key").read_bytes())
		yield str(path / "both")


@contextlib.contextmanager
def servers(bench, pem):
	running = {}
	try:
		for name, kind in SERVERS.items():
			running[name] = bench.server(kind, **({"threads": 4} if kind == "evhttp" else {}), certificate=pem)
		yield running
	finally:
		for server in running.values():
			server.kill()


def run_tool(*arguments, timeout=60):
	result = subprocess.run(arguments, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False)
	return result.stdout + result.stderr


def wrk(server, connections, seconds):
	"""Requests/s of keep-alive connections, by wrk, which checks for status codes and socket errors."""
	text = run_tool(require_tool("wrk"), "-t1", f"-c{connections}", f"-d{seconds:g}", "--timeout", "10s",
		f"https://127.0.0.1:{server.port}/")
	if "Non-2xx" in text or "Socket errors" in text:
		raise HarnessError(f"{server.name}: {text}")
	rate = float(re.search(r"Requests/sec:\s*([\d.]+)", text).group(1))
	if rate == 0:
		raise HarnessError(f"{server.name} answered nothing")
	return rate


def s_time(server, seconds, *options):
	"""Two openssl s_time at once. Returns how many connections they have made, and how many of these resumed a session."""
	command = [require_tool("openssl"), "s_time", "-connect", f"127.0.0.1:{server.port}", "-time", str(seconds), *options]
	clients = [subprocess.Popen(command,
		stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True) for _ in range(2)]
	texts = [client.communicate(timeout=60)[0] for client in clients]
	number = sum(int(re.search(r"(\d+) connections in [\d.]+s;", text).group(1)) for text in texts)
	marks = "".join(line for text in texts for line in text.splitlines() if re.fullmatch(r"[rt*]+", line))
	return number, marks.count("r")


def keepalive(bench, running):
	seconds = max(2, bench.seconds)
	micros = {name: [] for name in running}
	rates = {name: [] for name in running}
	for i in range(bench.rounds):
		for name, server in running.items():
			before = server.cpu_seconds()
			rate = wrk(server, 256, seconds)
			micros[name].append((server.cpu_seconds() - before)/(rate*seconds)*1e6)
			rates[name].append(rate)
			bench.progress(f"tls {i + 1}/{bench.rounds}: {name}: {micros[name][-1]:.2f} us/request, {rate:,.0f} requests/s")
	bench.raw["tls keep-alive"] = {"micros": micros, "rates": rates}
	bench.ratio_row("TLS 1.3 hello, 256 keep-alive connections: CPU per request (handshakes included), EVHTTPServer / nginx",
		micros["EVHTTPServer"], micros["nginx"], *at_most(1.1))
	bench.ratio_row("the same: requests/s, EVHTTPServer / nginx", rates["EVHTTPServer"], rates["nginx"], *at_least(1))
	for name in running:
		bench.row(f"TLS 1.3 hello: {name}", "", f"{spread(micros[name])} us CPU/request, {spread(rates[name], 0)} requests/s")


def handshakes(bench, running):
	kinds = (("full, TLS 1.3", ("-new", "-tls1_3")), ("resumed, TLS 1.2", ("-reuse", "-tls1_2")),
		("resumed, TLS 1.3, with a request", ("-reuse", "-tls1_3", "-www", "/")))
	for what, options in kinds:
		micros = {name: [] for name in running}
		shares = {name: [] for name in running}
		for i in range(bench.rounds):
			for name, server in running.items():
				before = server.cpu_seconds()
				number, resumed = s_time(server, max(2, int(bench.seconds)), *options)
				if number == 0:
					raise HarnessError(f"{name} made no handshake")
				micros[name].append((server.cpu_seconds() - before)/number*1e6)
				shares[name].append(100*resumed/number)
				bench.progress(f"tls {i + 1}/{bench.rounds}: handshakes, {what}: {name}: {micros[name][-1]:.0f} us, {number:,} made, "
					f"{resumed:,} resumed")
		bench.raw[f"tls handshakes {what}"] = {"micros": micros, "resumed": shares}
		bench.ratio_row(f"handshakes, {what}: CPU, EVHTTPServer / nginx", micros["EVHTTPServer"], micros["nginx"], *at_most(1.15))
		resumes = "resumed" in what
		for name in running:
			share = f", {statistics.median(shares[name]):.1f} % resumed" if resumes else ""
			met = statistics.median(shares[name]) >= 99.9 if resumes and name == "EVHTTPServer" else None
			bench.row(f"handshakes, {what}: {name}", "all resumed" if met is not None else "",
				f"{spread(micros[name], 0)} us CPU{share}", met)


def stalled(bench, server):
	number = 1000
	ratio = []
	for i in range(bench.rounds):
		alone = wrk(server, 64, bench.seconds)
		silent = []
		try:
			for _ in range(number):
				silent.append(socket.create_connection(("127.0.0.1", server.port), 10))
				if len(silent) % 2:
					silent[-1].send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") # the beginning of a ClientHello
			ratio.append(wrk(server, 64, bench.seconds)/alone)
		finally:
			for client in silent:
				client.close()
		bench.progress(f"tls {i + 1}/{bench.rounds}: beside {number:,} stalled handshakes {ratio[-1]:.3f} x")
	bench.raw["tls stalled"] = ratio
	bench.row(f"{number:,} clients stall in the handshake, 4 threads: requests/s of 64 good ones", "at least 0.95 x those without",
		spread(ratio) + " x", statistics.median(ratio) >= 0.95)


class TLSCrowd:
	"""Connections that have been answered and stay open."""

	def __init__(self, server, number):
		context = ssl.create_default_context()
		context.check_hostname = False
		context.verify_mode = ssl.CERT_NONE
		self.connections = []
		for _ in range(number):
			self.connections.append(context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), 10)))
			self.answered(self.connections[-1])

	@staticmethod
	def answered(connection):
		connection.sendall(REQUEST)
		answer = b""
		while not answer.endswith(b"Hello, World!"):
			data = connection.recv(4096)
			if not data:
				raise HarnessError("a connection was closed")
			answer += data

	def ask(self):
		for connection in self.connections:
			self.answered(connection)

	def close(self):
		for connection in self.connections:
			connection.close()


def crowd(bench, pem):
	number = 5000 if bench.rounds >= 3 else 1000
	need = number + 200
	soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
	resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, need), hard))
	each = {}
	for name, kind in SERVERS.items():
		with bench.server(kind, **({"threads": 4} if kind == "evhttp" else {}), certificate=pem) as server:
			TLSCrowd(server, 64).close()
			time.sleep(0.5)
			before = server.resident_bytes()
			clients = TLSCrowd(server, number)
			time.sleep(5)
			each[name] = (server.resident_bytes() - before)/number
			clients.ask()
			clients.close()
		bench.progress(f"tls: {number:,} connections: {name}: {each[name]:,.0f} bytes each")
	bench.raw["tls memory"] = each
	bench.row(f"{number:,} TLS keep-alive connections, 4 threads, idle 5 s: answered, and answered again", "all",
		f"{number:,} and {number:,}", True)
	bench.row("memory of such a connection: EVHTTPServer", "at most nginx's",
		f"{each['EVHTTPServer']:,.0f} bytes; nginx {each['nginx']:,.0f}", each["EVHTTPServer"] <= each["nginx"])


def tls(bench):
	"""TLS: requests, handshakes, stalled handshakes, and idle connections."""
	if not find_installed("nginx"):
		raise HarnessError("nginx is not installed")
	with certificate() as pem:
		with servers(bench, pem) as running:
			keepalive(bench, running)
			handshakes(bench, running)
			stalled(bench, running["EVHTTPServer"])
			bench.stop(running["EVHTTPServer"])
		crowd(bench, pem)
