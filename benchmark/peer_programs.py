"""The peers: their command lines, of those that are installed and of those that are built here (peers/), and how nginx and h2o are
configured, started and ended.

README.md says why it is fair.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from harness import HarnessError, Server

#: Where Debian puts servers is not in everybody's PATH.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])

THREADS = os.cpu_count()
#: Threads or processes of those that have a pool of them, one for each connection that is served.
POOL = 16

NGINX = """\
worker_processes {threads};
worker_rlimit_nofile {descriptors};
daemon off;
pid {folder}/pid;
error_log stderr error;
events {{
	use epoll;
	worker_connections {connections};
	accept_mutex off;
	multi_accept on;
}}
http {{
	access_log off;
	server_tokens off;
	tcp_nodelay on;
	keepalive_timeout 600s;
	keepalive_requests 1000000000;
	client_body_temp_path {folder}/bodies;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	default_type text/plain;
	server {{
		listen 127.0.0.1:{port} reuseport backlog=4096{tls};
		location / {{
			{answer}
		}}
	}}
}}
"""

#: How nginx gives the short answer, and a file.
NGINX_HELLO = 'return 200 "Hello, World!";'
NGINX_FILE = "root {folder}; sendfile on; open_file_cache max=16; try_files /body =404;"

#: One cipher of TLS 1.3, tickets, and a cache for TLS 1.2.
NGINX_TLS = """ ssl;
		ssl_certificate {certificate};
		ssl_certificate_key {certificate};
		ssl_protocols TLSv1.2 TLSv1.3;
		ssl_ciphers ECDHE+AESGCM;
		ssl_session_cache shared:TLS:10m;
		ssl_session_timeout 600s"""

H2O = """\
num-threads: {threads}
max-connections: {connections}
num-name-resolution-threads: 1
http1-request-timeout: 600
send-server-name: OFF
listen:
  host: 127.0.0.1
  port: {port}
hosts:
  default:
    paths:
      "/":
        file.file: {folder}/body
        file.etag: OFF
"""

#: The configuration, and the command line without the program.
INSTALLED = {
	"nginx": (NGINX, ["-p", "{folder}", "-c", "{folder}/conf"]),
	"h2o": (H2O, ["-m", "worker", "-c", "{folder}/conf"]),
}

#: Those that are built here: the program, and what it is told.
BUILT_PEERS = {
	"libmicrohttpd": ("peer_microhttpd", [f"--threads={THREADS}"]),
	"libevent": ("peer_evhttp", [f"--threads={THREADS}"]),
	"cpp-httplib": ("peer_httplib", [f"--threads={POOL}"]),
}


def find_installed(name):
	return shutil.which(name, path=SEARCH_PATH)


def free_port():
	with socket.create_server(("127.0.0.1", 0)) as listener:
		return listener.getsockname()[1]


def unprivileged():
	"""Arguments of Popen: nobody instead of root, whose servers would change the user by themselves."""
	return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


class InstalledServer(Server):
	"""nginx or h2o with a configuration of its own, in the foreground; its worker processes belong to it."""

	def __init__(self, name, certificate=None, body_size=None):
		"""With a certificate (nginx only), it serves with TLS 1.3. With a size, it answers with a file of so many bytes."""
		configuration, arguments = INSTALLED[name]
		hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
		descriptors = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
		self._folder = tempfile.TemporaryDirectory(prefix="evnet-peer-")
		self._port = free_port()
		folder = pathlib.Path(self._folder.name)
		(folder / "body").write_text("Hello, World!" if body_size is None else "x"*body_size)
		(folder / "conf").write_text(configuration.format(folder=folder, port=self._port, threads=THREADS,
			descriptors=descriptors, connections=descriptors - 64,
			answer=NGINX_HELLO if body_size is None else NGINX_FILE.format(folder=folder),
			tls=NGINX_TLS.format(certificate=folder / "certificate.pem") if certificate else ""))
		if certificate:
			shutil.copy(certificate, folder / "certificate.pem")
		user = unprivileged()
		if user:
			for path in (folder, *folder.iterdir()):
				shutil.chown(path, user["user"], user["group"])
		super().__init__([find_installed(name)] + [argument.format(folder=folder) for argument in arguments],
			start_new_session=True, **user)

	def _wait_for_port(self):
		deadline = time.monotonic() + 10
		while True:
			self.check()
			try:
				socket.create_connection(("127.0.0.1", self._port), 1).close()
				return self._port
			except OSError as error:
				if time.monotonic() > deadline:
					raise HarnessError(f"{self.name} does not listen: {error}") from None
			time.sleep(0.05)

	def processes(self):
		children = self._proc(f"task/{self.pid}/children").split()
		return [self.pid] + [int(child) for child in children]

	def kill(self):
		if self.returncode() is None and not self._stopped:
			# Ends its workers by itself, if it can.
			self._stopped = True
			self.signal(signal.SIGTERM)
			try:
				self._process.wait(3)
			except subprocess.TimeoutExpired:
				pass
		super().kill()
		# And those that it did not end: the session is theirs alone.
		try:
			os.killpg(self.pid, signal.SIGKILL)
		except ProcessLookupError:
			pass
		self._folder.cleanup()
