"""The files that are looked at, and what is wrong with them.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import collections
import functools
import pathlib
import re
import subprocess

#: What a check says: where, and what is wrong and what to do. A line of 0 means the file.
Finding = collections.namedtuple("Finding", "path line text")

CPP = (".h", ".cpp", ".c")
CODE = (*CPP, ".py", ".sh")


class Tree:
	"""The files of the project in a folder. Paths are strings, relative to it."""

	def __init__(self, root):
		self.root = pathlib.Path(root)
		listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self.root, capture_output=True)
		if listed.returncode == 0:
			paths = listed.stdout.decode().split("\0")
		else: # not a checkout
			paths = [str(path.relative_to(self.root)) for path in self.root.rglob("*") if "build" not in path.parts]
		self.files = sorted({path for path in paths if path and (self.root / path).is_file()})

	def select(self, *suffixes, under=""):
		return [path for path in self.files if path.endswith(suffixes) and path.startswith(under)]

	@functools.lru_cache(maxsize=None)
	def read(self, path):
		return (self.root / path).read_text(encoding="utf-8", errors="replace")

	@functools.lru_cache(maxsize=None)
	def plain(self, path):
		"""Of a C++ file: without comments, and with empty strings. Every line is where it was."""
		return plain(self.read(path))

	@functools.lru_cache(maxsize=None)
	def blocks(self, path):
		return list(blocks(self.plain(path)))


NOT_CODE = re.compile(r"""
	//[^\n]* | /\*.*?\*/ |
	R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)" |
	"(?:\\.|[^"\\\n])*" |
	(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+'
""", re.DOTALL | re.VERBOSE)


def plain(text):
	def replace(match):
		found = match.group()
		kept = "\n"*found.count("\n")
		return kept + (" " if found.startswith("/") else '""' if found[0] in 'R"' else "' '")
	return NOT_CODE.sub(replace, text)


#: A pair of braces: what stands before it, the lines (from 1) where that begins and where the braces begin and end, the text between
#: them, what kind it is ("namespace", "class", "function", "other"), the block around it, and the name of a class or a function.
Block = collections.namedtuple("Block", "kind name head first begin end body outer")


def blocks(text):
	"""All pairs of braces in a text of C++ that is plain(), the inner ones first."""
	stack = []
	head = 0 # where what is read began
	for match in re.finditer(r"^[ \t]*#(?:\\\n|[^\n])*|[{};]|\b(?:public|private|protected)\s*:(?!:)", text, re.MULTILINE):
		mark = match.group()
		if mark == "{":
			before = text[head:match.start()]
			# "for (;;)" and such: still inside of the parentheses
			stack.append((head, match.end(), classify(before, stack[-1][2][0] if stack else "namespace")))
		elif mark == "}" and stack:
			begin, body, (kind, name) = stack.pop()
			start = begin + len(text[begin:]) - len(text[begin:].lstrip())
			yield Block(kind, name, text[begin:body - 1].strip(), text.count("\n", 0, start) + 1, text.count("\n", 0, body) + 1,
				text.count("\n", 0, match.start()) + 1, text[body:match.start()],
				[entry[2][1] for entry in stack if entry[2][0] == "class"])
		head = match.end()


def classify(head, outer):
	"""Returns the kind and the name of a block, by what stands before it."""
	head = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^)]*\)|\btemplate\s*<[^{}]*?>\s*(?=class|struct|[\w:<>&*\s]+\()", " ", head).strip()
	if re.match(r"(inline\s+)?namespace\b|extern\s*\"", head):
		return "namespace", ""
	found = re.search(r"^(?:typedef\s+)?(?:class|struct|union)\s+(?:\w+_API\s+)?([\w:<>]+)\s*(?:final\s*)?(?::(?!:).*)?$", head, re.DOTALL)
	if found:
		return "class", found.group(1)
	if outer in ("namespace", "class"):
		found = re.search(r"([\w:~]+(?:<[^()]*>)?(?:::[\w~]+)*|operator\s*\S+)\s*\(", head)
		if found and not re.search(r"=\s*$", head) and not re.match(r"enum\b", head):
			return "function", re.sub(r"\s+", " ", found.group(1))
	return "other", ""
