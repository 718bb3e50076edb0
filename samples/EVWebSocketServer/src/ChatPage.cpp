//
// ChatPage.cpp
//
// This sample demonstrates a WebSocket in a web page.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ChatPage.h"


const std::string CHAT_PAGE = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>EVNet chat</title>
<style>
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56em; height: 100vh; margin: 0 auto; padding: 1em; }
body { display: flex; flex-direction: column; gap: .6em; }
header { display: flex; align-items: baseline; gap: 1em; }
h1 { font-size: 1.3em; margin: 0; }
#status { font-size: .85em; opacity: .7; }
main { flex: 1; min-height: 0; display: flex; gap: .6em; }
#messages, #names { list-style: none; margin: 0; padding: .5em .8em; border: 1px solid #8886; border-radius: .5em; overflow-y: auto; }
#messages { flex: 1; }
aside { width: 11em; display: flex; flex-direction: column; }
#names { flex: 1; }
li { overflow-wrap: anywhere; white-space: pre-wrap; }
li b { margin-right: .6em; }
form { display: flex; gap: .6em; }
input, button { font: inherit; padding: .3em .6em; }
#name { width: 11em; }
#text { flex: 1; min-width: 0; }
</style>
</head>
<body>
<header><h1>EVNet chat</h1><span id="status" role="status">Choose a name.</span></header>
<main><ul id="messages" aria-live="polite"></ul><aside><span><span id="count">0</span> here</span><ul id="names"></ul></aside></main>
<form id="form">
<input id="name" placeholder="Your name" maxlength="30" autocomplete="nickname" required>
<input id="text" placeholder="Message" maxlength="500" autocomplete="off">
<button>Send</button>
</form>
<script>
"use strict";
const MAX_SHOWN = 500;
const $ = id => document.getElementById(id);
let socket = null;   // as long as it is wanted
let delay = 500;     // until the next attempt to connect, in milliseconds

// What others have written becomes text, never HTML.
function item(list, text, name) {
	const li = document.createElement("li");
	if (name !== undefined) {
		const b = document.createElement("b");
		b.textContent = name;
		li.append(b);
	}
	li.append(document.createTextNode(text));
	list.append(li);
}

function show(message) {
	if (message.type === "said") {
		const list = $("messages");
		const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 50;
		item(list, message.text, message.name);
		while (list.children.length > MAX_SHOWN) list.firstChild.remove();
		if (atEnd) list.scrollTop = list.scrollHeight;
	} else if (message.type === "here") {
		$("count").textContent = message.count;
		$("names").replaceChildren();
		for (const name of message.names) item($("names"), name);
	}
}

function connect() {
	socket = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/chat");
	$("status").textContent = "Connecting\u2026";
	socket.onopen = () => {
		delay = 500;
		$("status").textContent = "Connected";
		socket.send(JSON.stringify({type: "join", name: $("name").value}));
		sendText();
	};
	socket.onmessage = event => show(JSON.parse(event.data));
	socket.onclose = event => {
		$("status").textContent = event.reason ? "Disconnected: " + event.reason : "Disconnected";
		$("count").textContent = 0;
		$("names").replaceChildren();
		setTimeout(connect, delay *= 0.75 + Math.random()/2); // not all at the same time
		delay = Math.min(2*delay, 15000);
	};
}

function sendText() {
	const text = $("text").value;
	if (!text || socket.readyState !== WebSocket.OPEN) return;
	socket.send(JSON.stringify({type: "say", text: text}));
	$("text").value = "";
}

$("form").onsubmit = event => {
	event.preventDefault();
	$("name").value = $("name").value.trim();
	if (!$("name").value) return;
	$("name").readOnly = true;
	if (socket) sendText();
	else connect();
	$("text").focus();
};
$("name").focus();
</script>
</body>
</html>
)html";
