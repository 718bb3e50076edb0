"""Names in the documentation exist: a page that names a member that is gone misleads whoever reads it first.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import functools
import pathlib
import re

from tree import CPP, Finding

#: What Debian's POCO does not have, and is named nevertheless
ELSEWHERE = {"setAutoDecodeHeaders", "exec"}
POCO = pathlib.Path("/usr/include/Poco")
#: What is not looked for: namespaces of others
FOREIGN = {"std", "CppUnit", "benchmark"}
NAMESPACES = {"Poco", "Net", "EVNet", "Util", "Crypto"}


def pages(tree):
	# What a change log or a report names may be gone
	return [path for path in tree.select(".md") if "/results/" not in path and path != "CHANGELOG.md"]


@functools.lru_cache(maxsize=None)
def poco_files(name):
	return list(POCO.glob(f"{name}.h")) + list(POCO.glob(f"*/{name}.h"))


@functools.lru_cache(maxsize=None)
def poco_text():
	return "\n".join(path.read_text(errors="replace") for path in [*POCO.glob("*.h"), *POCO.glob("Net/*.h"), *POCO.glob("Util/*.h")])


def class_blocks(tree):
	"""Returns, for each class of the tree, its blocks and the names of its bases."""
	found = {}
	for path in tree.select(*CPP):
		for block in tree.blocks(path):
			if block.kind == "class":
				found.setdefault(block.name.split("::")[-1], []).append(block)
			elif re.match(r"enum\b", block.head):
				name = re.match(r"enum\s+(?:class\s+)?(\w+)", block.head)
				if name:
					found.setdefault(name.group(1), []).append(block)
	return found


def bases(head):
	_, _, after = re.sub(r"::", "..", head).partition(":")
	return [name.split("..")[-1] for name in re.findall(r"[\w.]+", after) if name not in ("public", "protected", "private", "virtual")]


def has_member(classes, name, member, seen=()):
	"""Returns True, False, or None if nothing is known of such a class."""
	if name in seen:
		return False
	result = None
	for block in classes.get(name, ()):
		if re.search(rf"\b{member}\b", block.body):
			return True
		results = [has_member(classes, base, member, (*seen, name)) for base in bases(block.head)]
		if True in results:
			return True
		result = False
	if not result:
		for path in poco_files(name):
			# The class, and those it is derived from: their headers are included
			text = path.read_text(errors="replace")
			if re.search(rf"\b{member}\b", text):
				return True
			found = re.search(rf"\bclass\s+(?:\w+_API\s+)?{name}\s*:([^{{;]*)\{{", text)
			if found and True in [has_member(classes, base, member, (*seen, name)) for base in bases(":" + found.group(1))]:
				return True
			result = False
	return result


def code_in(text):
	"""Yields the line and each piece of code in a page: in backquotes, or in a block of a program."""
	inside = False
	for number, line in enumerate(text.split("\n"), 1):
		if line.startswith("```"):
			inside = not inside
		elif inside:
			yield number, line
		else:
			for piece in re.findall(r"`([^`]+)`", line):
				yield number, piece


def check_names(tree):
	classes = class_blocks(tree)
	words = functools.lru_cache(maxsize=None)(lambda: set(re.findall(r"\w+", "\n".join(tree.plain(path) for path in tree.select(*CPP)))))
	for page in pages(tree):
		for number, piece in code_in(tree.read(page)):
			for match in re.finditer(r"\b((?:[A-Za-z]\w*::)+)(~?\w+)", piece):
				scopes = [scope for scope in match.group(1).split("::") if scope]
				if scopes[0] in FOREIGN:
					continue
				member, scope = match.group(2), scopes[-1]
				if scope in NAMESPACES:
					known = member in NAMESPACES or member in classes or poco_files(member)
					if not known and not re.search(rf"\b{member}\b", poco_text()):
						yield Finding(page, number, f"there is no {match.group()}: name what is there now")
					continue
				found = has_member(classes, scope, member.lstrip("~"))
				if found is None:
					yield Finding(page, number, f"there is no class {scope} (in {match.group()}): name what is there now")
				elif not found:
					yield Finding(page, number, f"{scope} has no {member}: name what is there now")
			for match in re.finditer(r"(?<![\w:.>$-])([a-z_]\w+)\(\)", piece):
				if match.group(1) not in words() | ELSEWHERE and not re.search(rf"\b{match.group(1)}\b", poco_text()):
					yield Finding(page, number, f"there is no function {match.group()} in the tree: name what is there now")


def check_commands(tree):
	"""./dev COMMAND in a page, or in a comment, is one."""
	commands = {pathlib.PurePath(path).stem for path in tree.select(".sh", under="script/")} | {"help"}
	for path in [*pages(tree), "CHANGELOG.md", *tree.select(*CPP, ".py", ".sh", "CMakeLists.txt"), ".ci/run"]:
		for number, line in enumerate(tree.read(path).split("\n"), 1):
			for name in re.findall(r"\./dev ([a-z][a-z-]+)", line):
				if name not in commands and not path.startswith("script/lint/"):
					yield Finding(path, number, f"there is no ./dev {name}: ./dev help lists the commands")
