#!/usr/bin/env python3
#
# keepalive-demo.py
#
# This sample demonstrates what EVHTTPServer is for: it opens thousands of keep-alive connections
# to EVHTTPKeepAliveServer, which has a few threads, puts load on it, and does the same
# with Poco::Net::HTTPServer and the same number of threads.
#
# Copyright (c) 2026, EVNet Contributors.
#
# SPDX-License-Identifier:	BSL-1.0
#

import argparse
import errno
import os
import re
import resource
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SERVER = "EVHTTPKeepAliveServer"
REQUEST = b"GET /text HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
BODY = b"Hello, World!"
LOAD_CONNECTIONS = 32
# descriptors of the demo and of the server that are not one of the connections
SPARE_DESCRIPTORS = 100
# more connections than that to one address need more than one address of our own
CONNECTIONS_PER_ADDRESS = 20000


class DemoError(Exception):
    """Ends the demo with a message."""


class Progress:
    """Shows what is going on: in one line on a terminal, else only the results."""

    def __init__(self, label):
        self.label = label
        self.tty = sys.stdout.isatty()
        self.last = 0.0

    def show(self, text):
        now = time.monotonic()
        if self.tty and now - self.last > 0.1:
            self.last = now
            print("\r\033[K%s: %s" % (self.label, text), end="", flush=True)

    def done(self, text):
        print("%s%s: %s" % ("\r\033[K" if self.tty else "", self.label, text), flush=True)

    def clear(self):
        if self.tty:
            print("\r\033[K", end="", flush=True)


class Server:
    """A running EVHTTPKeepAliveServer."""

    def __init__(self, directory, port, threads, classic=False):
        self.process = None
        # what goes wrong is only of interest if it does
        self.errors = tempfile.TemporaryFile(mode="w+", errors="replace")
        command = [os.path.join(directory, SERVER), "--port=%d" % port, "--threads=%d" % threads]
        if classic:
            command.append("--classic")
        try:
            # a session of its own: Ctrl-C is for the demo, which then stops the server
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=self.errors, start_new_session=True)
            self.url = self.wait_until_ready()
            self.port = int(re.search(r":(\d+)/", self.url).group(1))
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self):
        deadline = time.monotonic() + 30
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in line:
                if not selector.select(max(0, deadline - time.monotonic())):
                    raise DemoError("%s does not start" % SERVER)
                data = os.read(self.process.stdout.fileno(), 4096)
                if not data:
                    raise DemoError("%s does not start: %s" % (SERVER, self.error_text()))
                line += data
        match = re.search(r"http://\S+/", line.decode(errors="replace"))
        if not match:
            raise DemoError("%s says: %s" % (SERVER, line.decode(errors="replace").strip()))
        return match.group(0)

    def error_text(self):
        self.process.wait(10)
        self.errors.seek(0)
        return self.errors.read().strip() or "status %d" % self.process.returncode

    def check(self):
        if self.process.poll() is not None:
            raise DemoError("%s has ended: %s" % (SERVER, self.error_text()))

    def status(self, field):
        self.check()
        with open("/proc/%d/status" % self.process.pid) as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
        raise DemoError("there is no %s of process %d" % (field, self.process.pid))

    def threads(self):
        return self.status("Threads")

    def memory(self):
        """Returns the resident memory in bytes."""
        return self.status("VmRSS") * 1024

    def cpu(self):
        """Returns the processor time used so far, in seconds."""
        self.check()
        with open("/proc/%d/stat" % self.process.pid) as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """Stops the server and returns its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        return self.process.returncode


class Connection:
    """A keep-alive connection of a client."""

    NEW, CONNECTING, WAITING, ANSWERED, LOST = range(5)

    def __init__(self, port, number=0):
        self.port = port
        self.number = number
        self.state = Connection.NEW
        self.socket = None
        self.data = b""

    def open(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        if self.number >= CONNECTIONS_PER_ADDRESS:
            self.socket.bind(("127.0.0.%d" % (1 + self.number // CONNECTIONS_PER_ADDRESS), 0))
        error = self.socket.connect_ex(("127.0.0.1", self.port))
        self.state = Connection.CONNECTING if error in (0, errno.EINPROGRESS) else Connection.LOST

    def send(self):
        """Sends a request. It is much smaller than a socket's buffer."""
        try:
            self.data = b""
            self.state = Connection.WAITING
            self.socket.send(REQUEST)
        except OSError:
            self.state = Connection.LOST

    def receive(self):
        """Receives what is there of the response."""
        try:
            data = self.socket.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.data += data
        if not data:
            self.state = Connection.LOST
        elif self.data.endswith(b"\r\n\r\n" + BODY):
            right = self.data.startswith(b"HTTP/1.1 200 ")
            self.state = Connection.ANSWERED if right else Connection.LOST
        elif len(self.data) > 4096:
            self.state = Connection.LOST

    def close(self):
        if self.socket:
            self.socket.close()


def count(connections, state):
    return sum(connection.state == state for connection in connections)


def ask(connections, patience, progress=None, what="answered"):
    """Sends one request over each connection, opens it before if it is new, and waits for the responses. Gives up
    when nothing has happened for some seconds. Returns the number of responses."""
    with selectors.DefaultSelector() as selector:
        unopened = []
        for connection in reversed(connections):
            if connection.state == Connection.NEW:
                unopened.append(connection)
            elif connection.state == Connection.ANSWERED:
                connection.send()
                if connection.state == Connection.WAITING:
                    selector.register(connection.socket, selectors.EVENT_READ, connection)
        connecting = 0
        answered = 0
        last = time.monotonic()
        while unopened or selector.get_map():
            while unopened and connecting < 256:
                connection = unopened.pop()
                connection.open()
                if connection.state == Connection.CONNECTING:
                    selector.register(connection.socket, selectors.EVENT_WRITE, connection)
                    connecting += 1
            events = selector.select(0.1)
            if events:
                last = time.monotonic()
            elif time.monotonic() - last > patience:
                break
            for key, _ in events:
                connection = key.data
                if connection.state == Connection.CONNECTING:
                    connecting -= 1
                    connection.send()
                    if connection.state == Connection.WAITING:
                        selector.modify(connection.socket, selectors.EVENT_READ, connection)
                        continue
                else:
                    connection.receive()
                if connection.state in (Connection.ANSWERED, Connection.LOST):
                    answered += connection.state == Connection.ANSWERED
                    selector.unregister(connection.socket)
            if progress:
                progress.show("%s of %s connections %s" % (number(answered), number(len(connections)), what))
        return answered


def close_all(connections):
    for connection in connections:
        connection.close()


class Load:
    """What came out of some seconds of load: requests/s, processor time
    per request, the number of threads at most and errors."""

    def __init__(self, server, seconds, progress, what):
        self.rate = 0.0
        self.requests = 0
        self.threads = 0
        self.errors = []
        cpu = server.cpu()
        wrk = shutil.which("wrk")
        if wrk:
            self.run_wrk(wrk, server, seconds, progress, what)
        else:
            self.run_python(server, seconds, progress, what)
        # in microseconds
        self.cpu = (server.cpu() - cpu) * 1e6 / self.requests if self.requests else None
        text = "%s requests/s" % number(self.rate)
        if self.errors:
            text += " (%s)" % ", ".join(self.errors)
        progress.done("%s: %s" % (what, text))

    def watch(self, server, begin, seconds, progress, what):
        self.threads = max(self.threads, server.threads())
        progress.show("%s: %d of %d s" % (what, min(time.monotonic() - begin, seconds), seconds))

    def run_wrk(self, wrk, server, seconds, progress, what):
        begin = time.monotonic()
        command = [wrk, "-t1", "-c%d" % LOAD_CONNECTIONS, "-d%ds" % seconds, server.url + "text"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            while process.poll() is None:
                self.watch(server, begin, seconds, progress, what)
                if time.monotonic() - begin > seconds + 10:
                    # it does so if it cannot even connect
                    self.errors.append("wrk did not end")
                    return
                time.sleep(0.1)
            output = process.stdout.read()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()
        requests = re.search(r"(\d+) requests in", output)
        rate = re.search(r"Requests/sec:\s*([\d.]+)", output)
        if process.returncode != 0 or not requests or not rate:
            raise DemoError("wrk failed: %s" % output.strip())
        self.requests = int(requests.group(1))
        self.rate = float(rate.group(1))
        # connections that only wait (timeout) are what the demo is about
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+)", output)
        if errors and any(int(n) for n in errors.groups()):
            self.errors.append("socket errors: connect %s, read %s, write %s" % errors.groups())
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
        if refused:
            self.errors.append("%s error responses" % refused.group(1))

    def run_python(self, server, seconds, progress, what):
        connections = [Connection(server.port) for _ in range(LOAD_CONNECTIONS)]
        begin = time.monotonic()
        try:
            ask(connections, min(1, seconds))
            with selectors.DefaultSelector() as selector:
                for connection in connections:
                    if connection.state == Connection.ANSWERED:
                        connection.send()
                        selector.register(connection.socket, selectors.EVENT_READ, connection)
                now = begin = time.monotonic()
                watched = 0.0
                while now - begin < seconds:
                    if now - watched > 0.1:
                        watched = now
                        self.watch(server, begin, seconds, progress, what)
                    for key, _ in selector.select(0.1):
                        connection = key.data
                        connection.receive()
                        if connection.state == Connection.ANSWERED:
                            self.requests += 1
                            connection.send()
                        if connection.state == Connection.LOST:
                            selector.unregister(connection.socket)
                    now = time.monotonic()
            self.rate = self.requests / (now - begin)
            lost = count(connections, Connection.LOST)
            if lost:
                self.errors.append("%d connections lost" % lost)
        finally:
            close_all(connections)


class Result:
    """The figures of one server."""

    def __init__(self):
        self.opened = 0
        self.answered = 0
        self.again = 0
        self.threads = 0
        self.memory = None
        self.beside = None
        self.alone = None
        self.failed = False


def measure(options, label, classic):
    """Starts a server, holds the connections, puts load on it."""
    progress = Progress(label)
    # the time without any response after which there will not be one
    patience = 3 if classic else 10
    result = Result()
    connections = []
    server = None
    try:
        progress.show("starting")
        server = Server(options.bin, 0, options.threads, classic)

        # what is allocated for the first requests does not belong to the connections
        warm = [Connection(server.port) for _ in range(LOAD_CONNECTIONS)]
        ask(warm, patience if not classic else 1)
        close_all(warm)
        time.sleep(0.2)
        memory = server.memory()

        connections = [Connection(server.port, i) for i in range(options.connections)]
        result.answered = ask(connections, patience, progress)
        result.opened = len(connections) - count(connections, Connection.NEW) - count(connections, Connection.CONNECTING)
        text = "%s of %s connections answered" % (number(result.answered), number(len(connections)))
        if result.answered < len(connections):
            text += " (%s closed, %s without a response after %d s)" % (
                number(count(connections, Connection.LOST)),
                number(len(connections) - result.answered - count(connections, Connection.LOST)), patience)
        progress.done(text)
        if result.answered == len(connections):
            result.memory = max(0, server.memory() - memory) / len(connections)

        what = "load from %d more connections" % LOAD_CONNECTIONS
        result.beside = Load(server, options.seconds, progress, what)
        held = [connection for connection in connections if connection.state == Connection.ANSWERED]
        result.again = ask(held, patience, progress, "answered once more")
        progress.done("%s of %s connections answered once more" % (number(result.again), number(len(connections))))

        close_all(connections)
        progress.show("waiting until the connections are closed")
        probe = [Connection(server.port)]
        ask(probe, 30)
        close_all(probe)
        what = "load from %d connections, all others closed" % LOAD_CONNECTIONS
        result.alone = Load(server, options.seconds, progress, what)
        result.threads = max(result.beside.threads, result.alone.threads)

        result.failed = (result.answered < len(connections) or result.again < len(connections)
                         or bool(result.beside.errors) or bool(result.alone.errors))
    finally:
        progress.clear()
        close_all(connections)
        if server:
            status = server.stop()
            if status != 0:
                progress.done("the server ended with status %d" % status)
                result.failed = True
    return result


def number(value):
    return "{:,.0f}".format(value)


def print_table(options, new, old):
    def optional(value, text):
        return text % value if value is not None else "-"

    tool = "wrk" if shutil.which("wrk") else "Python"
    rows = [("", "EVHTTPServer", "HTTPServer")]
    rows.append(("threads for requests", number(options.threads), number(options.threads)))
    rows.append(("threads of the process", number(new.threads), number(old.threads)))
    rows.append(("keep-alive connections opened", number(new.opened), number(old.opened)))
    rows.append(("  answered", number(new.answered), number(old.answered)))
    rows.append(("  answered once more at the end", number(new.again), number(old.again)))
    rows.append(("  memory per idle connection", optional(new.memory, "%.0f bytes"), optional(old.memory, "%.0f bytes")))
    rows.append(("load beside them (%s, %d connections)" % (tool, LOAD_CONNECTIONS), "", ""))
    rows.append(("  requests/s", number(new.beside.rate), number(old.beside.rate)))
    rows.append(("  CPU per request", optional(new.beside.cpu, "%.1f us"), optional(old.beside.cpu, "%.1f us")))
    rows.append(("the same load without them", "", ""))
    rows.append(("  requests/s", number(new.alone.rate), number(old.alone.rate)))
    rows.append(("  CPU per request", optional(new.alone.cpu, "%.1f us"), optional(old.alone.cpu, "%.1f us")))

    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    print()
    for i, row in enumerate(rows):
        print(("  %s  %s  %s" % (row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]))).rstrip())
        if i == 0:
            print("  " + "-" * (sum(widths) + 4))
    print()


def print_conclusion(options, new, old):
    if new.failed:
        print("Something went wrong with EVHTTPServer, see above.")
        return
    text = "With %s threads, EVHTTPServer held all %s keep-alive connections and served %s requests/s beside them" % (
        number(options.threads), number(new.again), number(new.beside.rate))
    if old.again < options.connections:
        text += "; HTTPServer answered %s of them and %s" % (
            number(old.answered), "nobody else" if old.beside.requests == 0 else "%s requests/s" % number(old.beside.rate))
        text += ", because each connection keeps a thread"
    print(text + ".")


def limit_connections(options):
    """Makes room for the connections, or settles for fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY:
        return
    # the server, which has the same limit, leaves a sixteenth for other purposes
    possible = hard - max(16, hard // 16) - SPARE_DESCRIPTORS
    if possible < 1:
        raise DemoError("the limit of %d open files (ulimit -Hn) is too low" % hard)
    if options.connections > possible:
        print("The limit of %s open files (ulimit -Hn) allows %s connections instead of %s."
              % (number(hard), number(possible), number(options.connections)))
        options.connections = possible


def check_port(port):
    """Finds out now, not after the measurement, that the port cannot be used."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
            probe.listen(1)
        except OSError as error:
            raise DemoError("port %d cannot be used: %s; choose another one with --port" % (port, error.strerror))


def serve(options):
    """Leaves a server running until Ctrl-C."""
    server = None
    try:
        server = Server(options.bin, options.port, options.threads)
        print("\n%s is running at %s\nPress Ctrl-C to stop" % (SERVER, server.url), flush=True)
        server.process.wait()
        server.check()
    except KeyboardInterrupt:
        print("\nStopped")
    finally:
        if server:
            server.stop()


def parse_options():
    def positive(text):
        value = int(text)
        if value < 1:
            raise argparse.ArgumentTypeError("must be at least 1")
        return value

    def port(text):
        value = int(text)
        if not 0 <= value <= 65535:
            raise argparse.ArgumentTypeError("must be from 0 to 65535")
        return value

    parser = argparse.ArgumentParser(
        description="Opens thousands of keep-alive connections to %s, which has a few threads, puts load on it, "
                    "and shows the figures beside those of Poco::Net::HTTPServer. Then leaves the server running." % SERVER)
    parser.add_argument("--bin", required=True, metavar="DIR", help="the directory of %s" % SERVER)
    parser.add_argument("--connections", type=positive, default=4000, metavar="N", help="keep-alive connections (default 4000)")
    parser.add_argument("--threads", type=positive, default=4, metavar="N", help="threads for requests (default 4)")
    parser.add_argument("--seconds", type=positive, default=5, metavar="N", help="duration of each load (default 5)")
    parser.add_argument("--port", type=port, default=9980, metavar="N", help="port of the server that is left running (default 9980)")
    parser.add_argument("--exit", action="store_true", help="end after the table, with status 1 if EVHTTPServer lost a connection")
    options = parser.parse_args()
    if not os.access(os.path.join(options.bin, SERVER), os.X_OK):
        parser.error("there is no %s in %s" % (SERVER, options.bin))
    return options


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    # end the servers in any case
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)

    options = parse_options()
    try:
        if not options.exit:
            check_port(options.port)
        limit_connections(options)
        new = measure(options, "EVHTTPServer", False)
        old = measure(options, "HTTPServer", True)
        print_table(options, new, old)
        print_conclusion(options, new, old)
        if options.exit:
            return 1 if new.failed else 0
        serve(options)
        return 0
    except DemoError as error:
        print("%s: %s" % (os.path.basename(sys.argv[0]), error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # nobody is reading (any more) what is printed here
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
