"""Which folder of EVNet/src may use which: the table "room" in doc/overview.md. A lower room names no class of a higher one, neither by an
include nor by a forward declaration, so that it can be read, tested and changed without it.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import pathlib
import re

from tree import Finding

SOURCES = "EVNet/src/"
HEADERS = "EVNet/include/Poco/EVNet/"
TABLE = "doc/overview.md"
MAKEFILE = "EVNet/Makefile"


def room_of(tree, path):
	"""Of a file of EVNet. A public header is in the room in which it is implemented. None: in no room; "" is the top of EVNet/src."""
	if path.startswith(SOURCES):
		return path[len(SOURCES):].rpartition("/")[0]
	stem = pathlib.PurePath(path).stem
	return next((room_of(tree, source) for source in tree.select(f"/{stem}.cpp", under=SOURCES)), None)


def read_table(tree):
	"""Returns what each room may use, from the top, and the line of the table."""
	rooms, where = {}, 0
	for number, line in enumerate(tree.read(TABLE).split("\n"), 1):
		cells = [cell.strip() for cell in line.strip("| ").split("|")]
		if line.startswith("| room | may use |"):
			where = number
		elif where and not line.startswith("|"):
			break
		elif where and re.fullmatch(r"\w+", cells[0]):
			rooms[cells[0]] = re.findall(r"\w+", cells[1])
	return rooms, where


def top_classes(tree, path):
	return [block.name for block in tree.blocks(path) if block.kind == "class" and not block.outer and "::" not in block.name]


def line_of(text, word):
	return text.count("\n", 0, re.search(rf"\b{word}", text).start()) + 1


def check_file(tree, path, room, rooms, owners):
	"""Yields what a file uses of rooms that it may not."""
	text = tree.read(path)
	allowed = [room, None, *rooms[room]]
	for match in re.finditer(r'^[ \t]*#[ \t]*include "([^"]+)"', text, re.MULTILINE):
		name = match.group(1)
		candidates = [HEADERS[:-len("Poco/EVNet/")] + name, SOURCES + name, str(pathlib.PurePath(path).parent / name)]
		target = next((candidate for candidate in candidates if candidate in tree.files), None)
		if target and room_of(tree, target) not in allowed:
			yield Finding(path, text.count("\n", 0, match.start()) + 1,
				f"{room}/ may not include {name} of {room_of(tree, target)}/, see the table of rooms in {TABLE}: "
				f"let {room}/ declare the interface that it needs, and {room_of(tree, target)}/ implement it")
	code = tree.plain(path)
	if path.startswith(HEADERS):
		# What an application must not see of a class, EVNet's own classes do
		code = re.sub(r"\bfriend class \w+;", "", code)
	for word in sorted(set(re.findall(r"\b[A-Z]\w+", code))):
		if word in owners and owners[word] not in allowed:
			yield Finding(path, line_of(code, word),
				f"{room}/ may not name {word}, a class of {owners[word]}/, see the table of rooms in {TABLE}: "
				f"let {room}/ declare the interface that it needs, and {owners[word]}/ implement it")


def check_rooms(tree):
	files = tree.select(".h", ".cpp", under=SOURCES)
	if not any(room_of(tree, path) for path in files):
		return ["EVNet/src has no rooms yet"]
	rooms, where = read_table(tree)
	if not rooms:
		return [Finding(TABLE, where, "there is no table '| room | may use |': it has a row for each folder of EVNet/src")]
	findings = []
	names = list(rooms)
	for room, used in rooms.items():
		for other in used:
			if other not in names[names.index(room) + 1:]:
				findings.append(Finding(TABLE, where,
					f"{room}/ may use {other}/, which is not below it: dependencies go one way, from the top"))
	public = [path for path in tree.select(".h", under=HEADERS) if room_of(tree, path)]
	known = [path for path in files + public if room_of(tree, path) in rooms]
	owners = {}
	for path in known:
		if path.endswith(".h"):
			owners.update(dict.fromkeys(top_classes(tree, path), room_of(tree, path)))
	for path in files:
		if room_of(tree, path) not in rooms:
			findings.append(Finding(path, 0, f"has no room: move it to a folder that the table in {TABLE} has ({', '.join(names)})"))
	for path in known:
		findings += check_file(tree, path, room_of(tree, path), rooms, owners)
	return findings


def check_listed(tree):
	"""POCO's Makefile has a list of sources, and doc/overview.md one of classes: a new file is forgotten there without an error."""
	rooms = any(room_of(tree, path) for path in tree.select(".cpp", under=SOURCES))
	makefile = re.sub(r"#.*", "", tree.read(MAKEFILE))
	overview = tree.read(TABLE)
	for path in tree.select(".h", ".cpp", under=SOURCES):
		stem = pathlib.PurePath(path).stem
		package = re.search(r"^// Package: *(\w+)$", tree.read(path), re.MULTILINE)
		if rooms and package and package.group(1).lower() != room_of(tree, path):
			yield Finding(path, line_of(tree.read(path), "Package:"),
				f"is in {room_of(tree, path)}/, but says 'Package: {package.group(1)}': name the room")
		if path.endswith(".cpp") and not re.search(rf"\b{stem}\b", makefile):
			yield Finding(path, 0, f"POCO's make does not build it: add {stem} to 'objects' in {MAKEFILE}")
		if not re.search(rf"`{stem}`", overview):
			yield Finding(path, 0, f"{TABLE} does not say what it is: add `{stem}` to the table of files")
