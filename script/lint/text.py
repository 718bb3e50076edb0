"""Columns, sizes, and how a file begins. What was larger when the rules came stands in excess.txt, and may only shrink.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import pathlib
import re

from tree import CODE, CPP, Finding

#: Columns: an editor and a terminal side by side; doc/ is read as text, too. A tab counts as four.
CODE_COLUMNS = 140
TEXT_COLUMNS = 120
#: Lines of a file. A class whose header is longer has more than one task.
HEADER_LINES = 250
SOURCE_LINES = 450
#: Lines of a function, with its head: what is seen at once.
FUNCTION_LINES = 60

EXCESS = "script/lint/excess.txt"
HEAD = """\
# What is larger than ./dev lint allows: it was when the rules came. A number here may only be lowered, a line only be removed (or follow a
# file that is moved); ./dev lint --shrink does that. columns: lines that are too long; lines: of a file; function: its lines.
"""


def is_code(path):
	return path == "dev" or path == ".ci/run" or path.endswith(CODE)


def too_wide(tree, path):
	"""Yields lines. In Markdown, a row of a table, a picture and a line of a program cannot be wrapped."""
	inside = False
	for number, line in enumerate(tree.read(path).split("\n"), 1):
		if path.endswith(".md"):
			if line.startswith("```"):
				inside = not inside
			if inside or line.startswith(("|", "    ", "\t", "![")) or " " not in line.strip():
				continue
			limit = TEXT_COLUMNS
		else:
			limit = CODE_COLUMNS
		if len(line.expandtabs(4)) > limit:
			yield number, limit


def measure(tree):
	"""Returns, for each excess, what it is: (kind, path, name) to (number, line, what to do)."""
	found = {}
	for path in tree.files:
		if not (is_code(path) or path.endswith(".md")):
			continue
		wide = list(too_wide(tree, path))
		if wide:
			lines = ", ".join(str(number) for number, _ in wide[:8]) + (", ..." if len(wide) > 8 else "")
			found["columns", path, ""] = len(wide), wide[-1][0], f"lines longer than {wide[0][1]} columns ({lines}): break them"
	for path in tree.select(*CPP):
		count = tree.read(path).count("\n")
		limit = HEADER_LINES if path.endswith(".h") else SOURCE_LINES
		if count > limit:
			found["lines", path, ""] = count, limit + 1, f"lines, at most {limit} are allowed: split the file by responsibility"
		for block in tree.blocks(path):
			count = block.end - block.first + 1
			# A list of tests is a list
			if block.kind == "function" and count > FUNCTION_LINES and not block.name.endswith("suite"):
				what = f"lines in {block.name}(), at most {FUNCTION_LINES} are allowed: give a part of it a name of its own"
				found["function", path, block.name] = count, block.first, what
	return found


def read_excess(tree):
	"""Returns what is allowed, with the line of the file."""
	allowed = {}
	if EXCESS in tree.files:
		for number, line in enumerate(tree.read(EXCESS).split("\n"), 1):
			fields = line.split()
			if fields and not line.startswith("#"):
				kind, path, *name, count = fields
				allowed[kind, path, " ".join(name)] = int(count), number
	return allowed


def write_excess(tree, allowed):
	lines = [" ".join([*filter(None, key), str(count)]) for key, count in sorted(allowed.items())]
	(tree.root / EXCESS).write_text(HEAD + "\n".join(lines) + "\n")


def check_excess(tree):
	allowed = read_excess(tree)
	found = measure(tree)
	for key, (count, line, text) in found.items():
		limit, where = allowed.get(key, (0, 0))
		if count > limit:
			was = f" ({EXCESS} allows {limit})" if limit else ""
			yield Finding(key[1], line, f"{count} {text}{was}")
		elif count < limit:
			yield Finding(EXCESS, where, f"{' '.join(filter(None, key))} is {count} now, less than the {limit} that are allowed: "
				"lower the number (./dev lint --shrink)")
	for key, (limit, where) in allowed.items():
		if key not in found:
			yield Finding(EXCESS, where, f"{' '.join(filter(None, key))} is no excess any more: remove the line (./dev lint --shrink)")


def follow(tree, key):
	"""Returns the key of a file that was moved."""
	kind, path, name = key
	same = [other for other in tree.files if pathlib.PurePath(other).name == pathlib.PurePath(path).name]
	return (kind, same[0], name) if path not in tree.files and len(same) == 1 else key


def shrink(tree):
	"""Lowers what is allowed to what there is, and raises nothing."""
	found = measure(tree)
	allowed = {follow(tree, key): limit for key, (limit, _) in read_excess(tree).items()}
	write_excess(tree, {key: min(limit, found[key][0]) for key, limit in allowed.items() if key in found})


def check_whitespace(tree):
	"""What .editorconfig asks for, where the editor did not read it."""
	for path in tree.files:
		if not is_code(path):
			continue
		text = tree.read(path)
		for number, line in enumerate(text.split("\n"), 1):
			if line != line.rstrip():
				yield Finding(path, number, "blanks at the end of the line: remove them")
		if text and not text.endswith("\n"):
			yield Finding(path, text.count("\n") + 1, "the last line does not end: add a newline")


def check_heads(tree):
	"""Yields files of C++ that say they are another one, have no licence, or are included by nobody."""
	included = set()
	for path in tree.select(*CPP, ".in"):
		included.update(re.findall(r'#\s*include\s+["<](?:[^">]*/)?([^">/]+)[">]', tree.read(path)))
	for path in tree.select(*CPP):
		text, name = tree.read(path), pathlib.PurePath(path).name
		if not re.match(rf"(?://|/\*)\n(?://| \*) {re.escape(name)}\n", text):
			yield Finding(path, 2, f"the second line is not '// {name}': name the file")
		if "SPDX-License-Identifier" not in text[:2000]:
			yield Finding(path, 1, "no licence: add the lines that the other files begin with")
		if path.endswith(".h"):
			guard = re.search(r"#ifndef (?:\w+_)?(\w+)_INCLUDED\n#define (\w+)", text)
			if not guard or f"{guard.group(1)}.h" != name or guard.group(2) not in guard.group():
				yield Finding(path, 0, f"the guard does not have the name of the file: #ifndef {name[:-2]}_INCLUDED")
			if name not in included and "/include/Poco/" not in path:
				yield Finding(path, 0, "nobody includes it: remove it")
