"""Starts the sample EVWebSocketServer for a test, and ends it."""

import os
import re
import signal
import ssl
import subprocess
import threading


class Server:
    def __init__(self, program, *options, ports=(0, 0)):
        self.lines = []
        self.process = subprocess.Popen([program, f"--port={ports[0]}", f"--securePort={ports[1]}", "--threads=4", *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        first = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/ and https://127\.0\.0\.1:(\d+)/", first)
        if not found:
            self.process.kill()
            raise RuntimeError("the server does not start: " + first + self.process.stdout.read())
        self.port, self.secure_port = int(found[1]), int(found[2])
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def url(self, path, secure):
        return f"wss://localhost:{self.secure_port}{path}" if secure else f"ws://localhost:{self.port}{path}"

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def resident(self):
        """Returns the memory in use, in MiB."""
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def stop(self):
        """Returns what is wrong with the end of the server, or with what it has said, or an empty string."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "the server does not end"
        self.reader.join(5)
        text = "".join(self.lines)
        return "" if code == 0 and not text else f"the server has ended with {code} and said:\n{text}"


def client_context():
    """Returns a context that takes any certificate: that of the sample is its own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
