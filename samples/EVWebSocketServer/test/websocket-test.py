#!/usr/bin/python3
"""Tests the sample EVWebSocketServer with an independent client, Debian's python3-websockets.

usage: websocket-test.py PROGRAM [CASE...]
"""

import asyncio
import http.client
import json
import logging
import os
import resource
import socket
import struct
import sys
import time

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import Server, client_context

DEADLINE = 20  # seconds; nothing takes that long unless it is broken
MAX_ECHO = 1024 * 1024
MAX_CHAT = 16384
CLIENTS = int(os.environ.get("EVNET_CHAT_CLIENTS", "1000"))
CONTEXT = client_context()
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def connect(url, **options):
    if url.startswith("wss:"):
        options["ssl"] = CONTEXT
    return websockets.connect(url, max_size=None, compression=None, open_timeout=DEADLINE, close_timeout=2, ping_interval=None, **options)


async def within(awaitable, seconds=DEADLINE):
    return await asyncio.wait_for(awaitable, seconds)


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(w) for w in what))


class Raw:
    """A client whose every byte is the test's own."""

    @classmethod
    async def open(cls, server, path, secure, behind=b"", headers="", version="13", method="GET", receive_buffer=0):
        self = cls()
        plain = socket.socket()
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", server.secure_port if secure else server.port))
        self.reader, self.writer = await within(asyncio.open_connection(
            sock=plain, ssl=CONTEXT if secure else None, server_hostname="localhost" if secure else None,
            limit=4096 if receive_buffer else 2**16))
        self.writer.write((f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                           f"Sec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                           f"{headers}\r\n").encode() + behind)
        self.header = (await within(self.reader.readuntil(b"\r\n\r\n"))).decode()
        self.status = int(self.header.split()[1])
        if self.status == 101:
            check("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in self.header, "wrong accept", self.header)
        return self

    @classmethod
    async def open_when_free(cls, *arguments, **options):
        """For the echo, where there is room for two: others may not have gone yet."""
        for i in range(200):
            self = await cls.open(*arguments, **options)
            if self.status != 503:
                return self
            self.close()
            await asyncio.sleep(0.05)
        check(False, "there is no room")

    @staticmethod
    def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, length=None):
        length = len(payload) if length is None else length
        first = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
        bit = 0x80 if masked else 0
        if length < 126:
            head = bytes([bit | length])
        elif length < 65536:
            head = bytes([bit | 126]) + struct.pack(">H", length)
        else:
            head = bytes([bit | 127]) + struct.pack(">Q", length)
        if not masked:
            return first + head + payload
        mask = b"\x37\xfa\x21\x3d"
        return first + head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))

    def send(self, *arguments, **options):
        self.writer.write(self.frame(*arguments, **options))

    async def receive(self):
        """Returns opcode and payload of the next frame."""
        head = await within(self.reader.readexactly(2))
        check(head[0] & 0x70 == 0 and head[0] & 0x80 and head[1] & 0x80 == 0, "not a frame of a server:", head)
        length = head[1]
        if length == 126:
            length, = struct.unpack(">H", await self.reader.readexactly(2))
        elif length == 127:
            length, = struct.unpack(">Q", await self.reader.readexactly(8))
        return head[0] & 15, await within(self.reader.readexactly(length))

    async def receive_close(self):
        """Returns the status of the close frame, which must be the next frame but for those of the chat."""
        opcode, payload = await self.receive()
        while opcode in (TEXT, PING):
            opcode, payload = await self.receive()
        check(opcode == CLOSE, "no close frame but", opcode, payload)
        payload[2:].decode()
        return struct.unpack(">H", payload[:2])[0] if payload else 1005

    async def ended(self):
        """Waits for the end of the connection, which a reset is not."""
        check(await within(self.reader.read(1)) == b"", "bytes behind the close frame")

    def close(self):
        self.writer.close()


async def join(ws, name):
    await ws.send(json.dumps({"type": "join", "name": name}))


async def say(ws, text):
    await ws.send(json.dumps({"type": "say", "text": text}))


async def said(ws, text=None):
    """Returns the next message that has been said; or waits for that text, and returns who has said it."""
    while True:
        message = json.loads(await within(ws.recv()))
        if message["type"] == "here":
            ws.last_here = message  # for here()
        if message["type"] == "said" and (text is None or message["text"] == text):
            return message["name"] if text else message


async def here(ws, names, seconds=DEADLINE):
    """Waits until these are there."""
    message = getattr(ws, "last_here", None)
    ws.last_here = None
    while not message or message["type"] != "here" or message["count"] != len(names) or sorted(message["names"]) != sorted(names):
        message = json.loads(await within(ws.recv(), seconds))


#
# the cases, each for ws and wss
#
def fetch(server, secure, path, method="GET"):
    """Returns status, content type and body."""
    if secure:
        connection = http.client.HTTPSConnection("localhost", server.secure_port, timeout=DEADLINE, context=CONTEXT)
    else:
        connection = http.client.HTTPConnection("localhost", server.port, timeout=DEADLINE)
    connection.request(method, path)
    response = connection.getresponse()
    return response.status, response.getheader("Content-Type"), response.read().decode()


async def test_page(server, secure):
    status, kind, page = fetch(server, secure, "/")
    check(status == 200 and kind == "text/html; charset=utf-8" and "<title>EVNet chat" in page, status, kind)
    check("innerHTML" not in page)
    for path, method, expected in (("/nothing", "GET", 404), ("/", "POST", 405), ("/chat", "GET", 400), ("/echo", "GET", 400)):
        check(fetch(server, secure, path, method)[0] == expected, method, path)


async def test_handshake(server, secure):
    for path in ("/chat", "/echo"):
        old = await Raw.open(server, path, secure, version="8")
        check(old.status == 426 and "Sec-WebSocket-Version: 13" in old.header, old.header)
        for origin, status in (("http://elsewhere.example", 403), ("null", 403), ("::", 403), ("http://localhost", 101)):
            client = await Raw.open(server, path, secure, headers=f"Origin: {origin}\r\n")
            check(client.status == status, path, origin, client.status)
            client.close()
        check((await Raw.open(server, path, secure, method="POST", headers="Content-Length: 0\r\n")).status == 405)
    async with connect(server.url("/echo", secure), origin="http" + server.url("", secure)[2:]) as ws:
        await ws.send("same origin")
        check(await within(ws.recv()) == "same origin")


async def test_echo(server, secure):
    async with connect(server.url("/echo", secure)) as ws:
        messages = ("", "hello", "caf\u00e9 \u20ac \U0001f600", b"", bytes(range(256)), "x" * 125, "x" * 126, b"y" * 65535,
                    b"y" * 65536, "z" * 70000, b"\0" * MAX_ECHO)
        for message in messages:
            await ws.send(message)
            check(await within(ws.recv()) == message, "wrong echo of", len(message))
        await ws.send(["Frag", "ment", "ed \u20ac"])
        check(await within(ws.recv()) == "Fragmented \u20ac")
        await ws.send([b"a" * 70000, b"b" * 70000])
        check(await within(ws.recv()) == b"a" * 70000 + b"b" * 70000)
        for i in range(200):  # many on their way at once
            await ws.send(str(i))
        for i in range(200):
            check(await within(ws.recv()) == str(i))


async def test_ping(server, secure):
    for path in ("/echo", "/chat"):
        async with connect(server.url(path, secure)) as ws:
            await within(await ws.ping())
            await within(await ws.ping(b"p" * 125))
    client = await Raw.open_when_free(server, "/echo", secure)
    client.send(TEXT, b"one ", fin=False)
    client.send(PING, b"between")  # between fragments
    client.send(0, b"two")
    check(await client.receive() == (PONG, b"between") and await client.receive() == (TEXT, b"one two"))
    client.send(PONG, b"unasked")
    client.send(PING)
    check(await client.receive() == (PONG, b""))
    for first, behind in ((b"ab", b"cd"), (b"", b"")):  # around an empty fragment
        client.send(TEXT, first, fin=False)
        await client.writer.drain()
        client.send(0, b"", fin=False)
        client.send(0, behind)
        check(await client.receive() == (TEXT, first + behind))
        client.send(TEXT, first, fin=False)
        client.send(0, b"", fin=False)
        await client.writer.drain()
        await asyncio.sleep(0.05)  # the empty one is the last that has arrived
        client.send(0, behind)
        check(await client.receive() == (TEXT, first + behind))
    client.close()


async def test_close(server, secure):
    for path in ("/echo", "/chat"):
        for status in (1000, 1001, 1008, 1013, 3000, 4999):
            async with connect(server.url(path, secure)) as ws:
                await within(ws.close(status, "good-bye"))
                check(ws.close_code == status and ws.close_reason == "good-bye", path, status, ws.close_code)
        client = await Raw.open_when_free(server, path, secure)
        client.send(CLOSE)
        check(await client.receive() == (CLOSE, b""))
        await client.ended()
    async with connect(server.url("/chat", secure)) as ws:  # as a member
        await join(ws, "short")
        await within(ws.close(3001))
        check(ws.close_code == 3001, ws.close_code)


async def test_errors(server, secure):
    wrong = [
        (1002, "reserved bit", [(TEXT, b"x", {"rsv": 4})]),
        (1002, "reserved opcode", [(3, b"x", {})]),
        (1002, "reserved control opcode", [(11, b"", {})]),
        (1002, "continuation of nothing", [(0, b"x", {})]),
        (1002, "message within a message", [(TEXT, b"x", {"fin": False}), (TEXT, b"y", {})]),
        (1002, "long ping", [(PING, b"x" * 126, {})]),
        (1002, "fragmented ping", [(PING, b"x", {"fin": False})]),
        (1002, "close of one byte", [(CLOSE, b"x", {})]),
        (1002, "close with 999", [(CLOSE, struct.pack(">H", 999), {})]),
        (1002, "close with 1005", [(CLOSE, struct.pack(">H", 1005), {})]),
        (1002, "close with 2000", [(CLOSE, struct.pack(">H", 2000), {})]),
        (1007, "close with bad text", [(CLOSE, struct.pack(">H", 1000) + b"\xff", {})]),
        (1007, "bad text", [(TEXT, b"\xff\xfe", {})]),
        (1007, "overlong", [(TEXT, b"\xc0\xaf", {})]),
        (1007, "surrogate", [(TEXT, b"\xed\xa0\x80", {})]),
        (1007, "half a character", [(TEXT, b"\xe2\x82", {"fin": False}), (0, b"", {})]),
        (1007, "beyond Unicode", [(TEXT, b"\xf4\x90\x80\x80", {})]),
    ]
    for path, limit in (("/echo", MAX_ECHO), ("/chat", MAX_CHAT)):
        cases = wrong + [
            (1009, "too big", [(BINARY, b"x" * (limit + 1), {})]),
            (1009, "too big in fragments", [(BINARY, b"x" * (limit // 2), {"fin": False}), (0, b"x" * (limit // 2 + 1), {})]),
            (1009, "says that it is too big", [(BINARY, b"", {"length": 2**62})]),
        ]
        if path == "/chat":
            # Poco::Net::WebSocket, which the echo has, does not tell
            cases += [
                (1002, "not masked", [(TEXT, b"{}", {"masked": False})]),
                (1003, "binary", [(BINARY, b"x", {})]),
                (1008, "no JSON", [(TEXT, b"hello", {})]),
                (1008, "deep JSON", [(TEXT, b"[" * 10000, {})]),
                (1008, "array", [(TEXT, b"[]", {})]),
                (1008, "null", [(TEXT, b"null", {})]),
                (1008, "says before it joins", [(TEXT, b'{"type": "say", "text": "x"}', {})]),
                (1008, "joins without a name", [(TEXT, b'{"type": "join", "name": "  "}', {})]),
                (1008, "joins twice", [(TEXT, b'{"type": "join", "name": "x"}', {})] * 2),
                (1008, "long name", [(TEXT, b'{"type": "join", "name": "%s"}' % (b"x" * 121), {})]),
                (1008, "long text", [(TEXT, b'{"type": "join", "name": "x"}', {}),
                    (TEXT, b'{"type": "say", "text": "%s"}' % (b"x" * 2001), {})]),
            ]
        for status, what, frames in cases:
            # Afterwards, the server waits for the client: the echo until it closes, the chat if it has not sent all.
            waits = status == 1009 or path == "/echo"
            client = await Raw.open_when_free(server, path, secure)
            for opcode, payload, options in frames:
                client.send(opcode, payload, **options)
            got = await client.receive_close()
            check(got == status, path, what, "closed with", got, "instead of", status)
            client.send(CLOSE, struct.pack(">H", status))
            if not waits or what in ("bad text", "says that it is too big"):
                await client.ended()
            client.close()


async def test_bytes(server, secure):
    """Frames that come byte by byte, behind the handshake, and not at all."""
    hello = Raw.frame(TEXT, b"hello")
    joining = Raw.frame(TEXT, b'{"type": "join", "name": "dribble"}')
    joining += Raw.frame(TEXT, b'{"type": "say", ', fin=False) + Raw.frame(0, fin=False) + Raw.frame(0, b'"text": "behind"}')
    for path, data, answer in (("/echo", hello + hello, b"hello"), ("/chat", joining, b"behind")):
        for behind in (len(data), 3, 0):
            client = await Raw.open_when_free(server, path, secure, behind=data[:behind])
            for i in range(behind, len(data)):
                client.writer.write(data[i:i + 1])
                await client.writer.drain()
                await asyncio.sleep(0.001)
            opcode, payload = await client.receive()
            while path == "/chat" and b"said" not in payload:
                opcode, payload = await client.receive()
            check(opcode == TEXT and answer in payload, path, behind, payload)
            client.writer.transport.abort()


async def test_chat(server, secure):
    url = server.url("/chat", secure)
    async with connect(url) as ann, connect(server.url("/chat", not secure)) as bob, connect(url) as silent:
        await join(ann, "Ann")
        await here(ann, ["Ann"])
        await join(bob, " Bob ")
        await here(ann, ["Ann", "Bob"])
        await here(bob, ["Ann", "Bob"])
        for text in ("hello", "<b>\"quoted\"</b> \\ \u0001 \t\n", "caf\u00e9 \u20ac \U0001f600 \u2028", "x" * 2000):
            await say(ann, text)
            for ws in (ann, bob):
                check(await said(ws) == {"type": "said", "name": "Ann", "text": text}, "wrong message", repr(text))
        for i in range(9):
            await say(bob if i & 1 else ann, str(i))
        for ws in (ann, bob):
            texts = [(await said(ws))["text"] for i in range(9)]
            check(sorted(texts) == [str(i) for i in range(9)], texts)
        await bob.close()
        await here(ann, ["Ann"])
        check(not silent.messages, "who has not joined is told nothing")
        # a lone surrogate, which JSON can say but UTF-8 cannot
        await ann.send('{"type": "say", "text": "\\ud800"}')
        await say(ann, "after")
        try:
            await said(ann, "after")
        except websockets.ConnectionClosed as closed:
            check(closed.rcvd.code == 1008, closed)


async def own_rate(server, secure):
    client = await Raw.open(server, "/chat", secure)
    client.send(TEXT, b'{"type": "join", "name": "hasty"}')
    for i in range(1000):
        client.send(TEXT, b'{"type": "say", "text": "quick"}')
    check(await client.receive_close() == 1008)
    client.close()
own_rate.options = ["--rate=5"]


async def test_echo_is_limited(server, secure):
    """Half of the four threads are for /echo at most, or nobody would get a page."""
    (await Raw.open_when_free(server, "/echo", secure)).close()
    await asyncio.sleep(0.2)
    async with connect(server.url("/echo", secure)) as first, connect(server.url("/echo", secure)):
        third = await Raw.open(server, "/echo", secure)
        check(third.status == 503 and "Retry-After" in third.header, third.header)
        check(fetch(server, secure, "/")[0] == 200)
        await first.send("still there")
        check(await within(first.recv()) == "still there")
    (await Raw.open_when_free(server, "/echo", secure)).close()


async def own_slow_reader(server, secure):
    """One takes nothing: the others are not delayed, memory does not grow, and he is disconnected."""
    slow = await Raw.open(server, "/chat", secure, receive_buffer=4096)
    slow.send(TEXT, b'{"type": "join", "name": "slow"}')
    clients = [await connect(server.url("/chat", secure)) for i in range(4)]
    try:
        for i, ws in enumerate(clients):
            await join(ws, str(i))
        await here(clients[0], ["slow", "0", "1", "2", "3"])
        slow.writer.transport.pause_reading()
        text = "m" * 2000
        before, slowest = server.resident(), 0
        for i in range(1500):
            begin = time.monotonic()
            await say(clients[i % 4], f"{i} {text}"[:2000])
            for ws in clients:
                while not (await said(ws))["text"].startswith(f"{i} "):
                    pass
            slowest = max(slowest, time.monotonic() - begin)
        grown = server.resident() - before
        check(slowest < 2, "a message has taken", slowest, "s")
        check(grown < 50, "the server has grown by", grown, "MiB")
        begin = time.monotonic()
        await here(clients[0], ["0", "1", "2", "3"], 40)  # sendTimeout, perhaps twice
        return (f"slowest of 1,500 messages {1000 * slowest:.0f} ms, {grown:+.0f} MiB, "
                f"disconnected after {time.monotonic() - begin:.0f} s more")
    finally:
        slow.writer.transport.abort()
        await asyncio.gather(*(ws.close() for ws in clients))
own_slow_reader.options = ["--rate=100000"]


async def test_many(server, secure):
    """All receive a broadcast, and cost no thread."""
    before = server.threads()
    gate = asyncio.Semaphore(50)
    url = server.url("/chat", secure)

    async def enter(i):
        async with gate:
            ws = await connect(url, max_queue=None)
            await join(ws, f"client {i}")
            return ws

    begin = time.monotonic()
    clients = await asyncio.gather(*(enter(i) for i in range(CLIENTS)))
    try:
        opened = time.monotonic() - begin
        while True:
            message = json.loads(await within(clients[0].recv()))
            if message["type"] == "here" and message["count"] == CLIENTS:
                break
        threads = server.threads()
        begin = time.monotonic()
        for n in range(5):
            await say(clients[n], f"to all {n}")
            senders = await asyncio.gather(*(said(ws, f"to all {n}") for ws in clients))
            check(senders == [f"client {n}"] * CLIENTS)
        broadcast = (time.monotonic() - begin) / 5
        check(threads <= before + 4, "threads:", before, "before,", threads, "with", CLIENTS, "clients")
    finally:
        await asyncio.gather(*(ws.close() for ws in clients))
    return f"{CLIENTS} clients in {opened:.1f} s, a message to all in {1000 * broadcast:.0f} ms, {threads} threads ({before} before)"


async def own_dead_client(server, secure):
    """Who does not answer a ping is disconnected; who does, is not."""
    async with connect(server.url("/chat", secure)) as alive:
        dead = await Raw.open(server, "/chat", secure)
        await join(alive, "alive")
        dead.send(TEXT, b'{"type": "join", "name": "dead"}')
        await here(alive, ["alive", "dead"])
        await here(alive, ["alive"])
        await asyncio.sleep(2)
        await say(alive, "still there")
        await said(alive, "still there")
        dead.close()
own_dead_client.options = ["--idleTimeout=3"]


async def own_end(server, secure):
    """All are told that the server goes."""
    async with connect(server.url("/chat", secure)) as chat, connect(server.url("/echo", secure)) as echo:
        await join(chat, "x")
        await here(chat, ["x"])
        begin = time.monotonic()
        problem = await asyncio.get_running_loop().run_in_executor(None, server.stop)
        took = time.monotonic() - begin
        for ws in (chat, echo):
            await within(ws.wait_closed())
            check(ws.close_code == 1001, "closed with", ws.close_code)
        check(took < 8, "the end has taken", took, "s")
        check(not problem, problem)
own_end.options = []


async def run(name, case, server, secure):
    """Returns true if all is well."""
    begin = time.monotonic()
    try:
        result = await asyncio.wait_for(case(server, secure), 120) or "ok"
        good = True
    except Exception as exc:
        result = f"FAILED: {type(exc).__name__} {exc}"
        good = False
    print(f"{name:16} {'wss' if secure else 'ws':3} {time.monotonic() - begin:5.1f} s  {result}", flush=True)
    return good


def ended(server):
    problem = server.stop()
    if problem:
        print(problem)
    return not problem


async def run_own(name, case, secure):
    server = Server(PROGRAM, *case.options)
    try:
        good = await run(name, case, server, secure)
    finally:
        problem = await asyncio.get_running_loop().run_in_executor(None, ended, server)
    return good and problem


async def main(names):
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # about connections that the server has closed, as it should
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    cases = {name[5:]: case for name, case in globals().items() if name.startswith("test_") and (not names or name[5:] in names)}
    own = {name[4:]: case for name, case in globals().items() if name.startswith("own_") and (not names or name[4:] in names)}
    check(len(cases) + len(own) >= max(1, len(names)), "no such case")
    good = []
    server = Server(PROGRAM, "--rate=100000")
    try:
        for name, case in cases.items():
            for secure in (False, True):
                good.append(await run(name, case, server, secure))
    finally:
        good.append(ended(server))
    # These mostly wait.
    good += await asyncio.gather(*(run_own(name, case, secure) for name, case in own.items() for secure in (False, True)))
    print(f"{good.count(False)} failed" if False in good else "all is well")
    return 1 if False in good else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv[1]
    sys.exit(asyncio.run(main(sys.argv[2:])))
