#!/usr/bin/python3
"""Tests the chat page of the sample EVWebSocketServer in headless Chromium, over http and https.

usage: browser-test.py PROGRAM [CHROMIUM]
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

import websockets

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import Server

DEADLINE = 30  # seconds


class Browser:
    """Chromium, spoken to by the DevTools protocol."""

    def __init__(self, program):
        self.directory = tempfile.TemporaryDirectory(prefix="evnet-chromium-", ignore_cleanup_errors=True)
        self.log = open(os.path.join(self.directory.name, "log"), "w+")
        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--ignore-certificate-errors", "--remote-debugging-port=0",
             "--user-data-dir=" + self.directory.name, "about:blank"],
            stdout=self.log, stderr=subprocess.STDOUT)
        port_file = os.path.join(self.directory.name, "DevToolsActivePort")
        end = time.monotonic() + DEADLINE
        while not (os.path.exists(port_file) and open(port_file).read().count("\n")):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError("Chromium does not start")
            time.sleep(0.05)
        self.port = int(open(port_file).readline())

    async def open(self, url):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?{url}", method="PUT")
        with urllib.request.urlopen(request, timeout=DEADLINE) as response:
            target = json.load(response)
        page = Page()
        page.socket = await websockets.connect(target["webSocketDebuggerUrl"], max_size=None, ping_interval=None)
        page.receiver = asyncio.create_task(page.receive())
        await page.call("Runtime.enable")
        await page.until("document.readyState === 'complete' && location.href === " + json.dumps(url), True)
        return page

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        self.directory.cleanup()


class Page:
    def __init__(self):
        self.count = 0
        self.answers = {}
        self.errors = []

    async def receive(self):
        async for text in self.socket:
            message = json.loads(text)
            if "id" in message:
                self.answers.pop(message["id"]).set_result(message)
            elif message["method"] == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(message["params"]["exceptionDetails"]))

    async def call(self, method, **params):
        self.count += 1
        answer = self.answers[self.count] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        message = await asyncio.wait_for(answer, DEADLINE)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        return message["result"]

    async def evaluate(self, expression):
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    async def until(self, expression, expected):
        """Waits until the expression has this value."""
        end = time.monotonic() + DEADLINE
        value = None
        while time.monotonic() < end:
            value = await self.evaluate(expression)
            if value == expected:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{expression} is {value!r}, not {expected!r}")

    async def type(self, field, text):
        """As a user does: with the focus in the field, and the keyboard."""
        await self.evaluate(f"document.getElementById('{field}').focus()")
        await self.call("Input.insertText", text=text)

    async def enter(self):
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13)

    async def say(self, text):
        await self.type("text", text)
        await self.enter()

    async def close(self):
        await self.call("Page.close")
        self.receiver.cancel()
        await self.socket.close()
        if self.errors:
            raise AssertionError("the script has failed: " + "; ".join(self.errors))


STATUS = "document.getElementById('status').textContent"
COUNT = "document.getElementById('count').textContent"
NAMES = "[...document.querySelectorAll('#names li')].map(li => li.textContent).sort()"
MESSAGES = "[...document.querySelectorAll('#messages li')].map(li => [li.querySelector('b').textContent, li.lastChild.textContent])"


async def chat(browser, program, secure_ann, secure_bob):
    server = Server(program)
    ports = server.port, server.secure_port
    try:
        def url(secure):
            return f"https://localhost:{ports[1]}/" if secure else f"http://localhost:{ports[0]}/"

        ann, bob = await browser.open(url(secure_ann)), await browser.open(url(secure_bob))
        await ann.type("name", "Ann")
        await ann.enter()
        await ann.until(STATUS, "Connected")
        await ann.until(NAMES, ["Ann"])
        await bob.type("name", "B\u00f6b <i>")
        await bob.say("I am here")  # and says so at once
        both = sorted(["Ann", "B\u00f6b <i>"])
        expected = [["B\u00f6b <i>", "I am here"]]
        texts = ["Hello!", "<img src=x onerror=\"document.title='hacked'\"><b>bold</b>", "\u20ac \U0001f600 \"quoted\" \\ &amp;"]
        for page, name in ((ann, "Ann"), (bob, "B\u00f6b <i>")):
            await page.until(NAMES, both)
            await page.until(COUNT, "2")
            for text in texts:
                await page.say(text)
                expected.append([name, text])
                for other in (ann, bob):
                    await other.until(MESSAGES, expected)
        for page in (ann, bob):
            elements = await page.evaluate("document.querySelectorAll('main img, main i, main b b').length")
            if elements or await page.evaluate("document.title") != "EVNet chat":
                raise AssertionError("what a user has written has become HTML")
            if await page.evaluate("document.getElementById('text').value"):
                raise AssertionError("the message is still in its field")

        problem = server.stop()
        if problem:
            raise AssertionError(problem)
        for page in (ann, bob):
            await page.until(COUNT, "0")
        server = Server(program, ports=ports)
        for page in (ann, bob):  # connect again by themselves
            await page.until(STATUS, "Connected")
            await page.until(NAMES, both)
        await ann.say("Again")
        await bob.until(MESSAGES, expected + [["Ann", "Again"]])
        await bob.close()
        await ann.until(NAMES, ["Ann"])
        await ann.close()
    finally:
        problem = server.stop()
    if problem:
        raise AssertionError(problem)


async def main(program, chromium):
    browser = Browser(chromium)
    failed = 0
    try:
        for secure_ann, secure_bob in ((False, False), (True, True), (False, True)):
            begin = time.monotonic()
            try:
                await asyncio.wait_for(chat(browser, program, secure_ann, secure_bob), 120)
                result = "ok"
            except Exception as exc:
                result = f"FAILED: {type(exc).__name__} {exc}"
                failed += 1
            print(f"two pages, {'https' if secure_ann else 'http'} and {'https' if secure_bob else 'http'}  "
                f"{time.monotonic() - begin:5.1f} s  {result}", flush=True)
    finally:
        browser.stop()
    print(f"{failed} failed" if failed else "all is well")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "chromium")))
