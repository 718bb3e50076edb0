"""The format of what has changed, by clang-format, and what clang-tidy finds in the sources of EVNet.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import concurrent.futures
import difflib
import functools
import os
import re
import subprocess

from tree import CPP, Finding

#: What is compared with: where this branch left one of these, else the commit before this one.
BRANCHES = ("upstream/main", "origin/main", "main")
INCLUDE = ("EVNet/include", "EVNet/src", "testsuite/cppunit", "testsuite/src", "samples/common", "samples/EVHTTPKeepAliveServer/src",
	"benchmark/src")


def git(tree, *arguments):
	"""Returns what git prints, or None if it fails."""
	done = subprocess.run(["git", *arguments], cwd=tree.root, capture_output=True, text=True, errors="replace")
	return done.stdout.strip() if done.returncode == 0 else None


def find_base(tree):
	"""Returns the commit to compare with, and what it is; None if there is none, in a clone of depth 1 or outside of git."""
	head = git(tree, "rev-parse", "HEAD")
	if head is None:
		return None, "this is no checkout of git"
	if os.environ.get("EVNET_LINT_BASE"):
		base = git(tree, "merge-base", "HEAD", os.environ["EVNET_LINT_BASE"])
		return base, f"EVNET_LINT_BASE, {base[:10]}" if base else "EVNET_LINT_BASE names no ancestor"
	for branch in BRANCHES:
		base = git(tree, "merge-base", "HEAD", branch)
		if base and base != head:
			return base, f"the point where this branch left {branch}, {base[:10]}"
	base = git(tree, "rev-parse", "--verify", "--quiet", "HEAD~1")
	if base:
		return base, f"the commit before this one, {base[:10]}"
	return head, "this commit (its parent is not in this clone: only what is not committed is looked at)"


def changed_lines(tree, base):
	"""Returns, for each file of C++, the numbers of the lines that are new or changed since a commit. A moved file has none."""
	lines, path = {}, None
	options = ["--no-color", "--no-ext-diff", "-M", "-U0", "--src-prefix=a/", "--dst-prefix=b/"]
	for line in (git(tree, "diff", *options, base, "--", *[f"*{suffix}" for suffix in CPP]) or "").split("\n"):
		if line.startswith("+++ "):
			path = line[6:] if line.startswith("+++ b/") else None
		found = re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line)
		if found and path:
			first, count = int(found.group(1)), int(found.group(2) or 1)
			lines.setdefault(path, set()).update(range(first, first + count))
	for path in (git(tree, "ls-files", "--others", "--exclude-standard") or "").split("\n"):
		if path.endswith(CPP):
			lines[path] = set(range(1, tree.read(path).count("\n") + 2))
	return {path: numbers for path, numbers in lines.items() if path in tree.files}


@functools.lru_cache(maxsize=None)
def changes(tree):
	base, what = find_base(tree)
	return (changed_lines(tree, base) if base else {}), what


LAMBDA = r"\[[^\[\]\n]*\](?: ?\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\))?(?: mutable| const| noexcept| -> [\w:<>*&]+)*"


#: Where clang-format has a will of its own: preprocessor, the end of a lambda or of an initializer and what follows it, rows of
#: initializers, lines that go on with an operator or a string, loops and cases on one line.
IGNORED = re.compile(r"\s*(?:#|\}[),;]|\{[\"{]|\"|[?:<&|]|case\b|default:|for\(;;\)|while\(.*\);|do\b|.*\boperator\b|"
	r".*\b(?:ORIGINAL|REPLACE)|.*[;{]\}$)|.*(?:=|return|\[\]|,)$")


def simplify(text):
	"""Hides from clang-format what it would change although it is right. No line moves but a brace behind a lambda: it is a mark then."""
	text = re.sub(r"(?m)^((?:namespace \w+(?:::\w+)* \{|\}(?: ?\})* // namespace).*)$", r"//\1", text)
	text = re.sub(LAMBDA + r"\s?\{(?: [^{}\n]*)?(?:\{[^{}\n]*\}[^{}\n]*)*\}", "lambda", text)
	text = re.sub(r"(?m)^(\s*(?:explicit )?[\w:~]+\([^\n{;]*\)): [_A-Za-z:]+[({].*[)}]$", r"\1", text)
	begins = r"((?:[^\n/]|/(?!/))*\[[^\[\]\n]*\](?: ?\([^\n]*\))?(?: mutable| const| noexcept| -> [\w:<>*&]+)*)"
	return re.sub(r"(?m)^(?!.*\boperator\b)" + begins + r"\n[\t ]*\{\n", "\\1 {\t\n", text)


def essence(text):
	"""Yields the number of each line and what matters of it: its indentation and its text without blanks and comments."""
	number = 0
	for line in text.split("\n"):
		number += 1
		what = re.sub(r"\s+", "", re.sub(r"//.*", "", line))
		if what:
			yield number, line[:len(line) - len(line.lstrip())] + what, line.rstrip()
		if line.endswith("{\t"): # stood for two
			number += 1


def check_file(tree, path, changed):
	text = simplify(tree.read(path))
	formatted = subprocess.run(["clang-format", "--style=file", f"--assume-filename={path}"], cwd=tree.root, input=text,
		capture_output=True, text=True)
	if formatted.returncode:
		return [Finding(path, 0, f"clang-format fails: {formatted.stderr.strip()}")]
	old, new = list(essence(text)), list(essence(formatted.stdout))
	findings = []
	matcher = difflib.SequenceMatcher(None, [line[1] for line in old], [line[1] for line in new], autojunk=False)
	for tag, i1, i2, j1, j2 in matcher.get_opcodes():
		numbers = [line[0] for line in old[max(0, i1 - (tag == "insert")):i2]]
		hit = [number for number in numbers if number in changed]
		if tag != "equal" and hit and not any(IGNORED.match(line[1]) for line in old[i1:i2] + new[j1:j2]):
			wanted = ", ".join(repr(line[2]) for line in new[j1:j2][:3])
			findings.append(Finding(path, hit[0], f"not the format of .clang-format, which would have here: {wanted or 'no line'} "
				"(blanks inside of a line do not matter)"))
	return findings


def check_format(tree):
	changed, what = changes(tree)
	yield f"{len(changed)} files of C++ have changed, compared with {what}"
	with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
		for findings in pool.map(lambda path: check_file(tree, path, changed[path]), [path for path in changed if changed[path]]):
			yield from findings


def tidy(tree, path):
	done = subprocess.run(["clang-tidy", "--quiet", path, "--", "-xc++", "-std=c++17", "-DEVNET_TEST_TLS",
		*[f"-I{folder}" for folder in INCLUDE]], cwd=tree.root, capture_output=True, text=True)
	findings = []
	if done.returncode and not done.stdout:
		findings.append(Finding(path, 0, f"clang-tidy fails: {done.stderr.strip()[-300:]}"))
	for found in re.finditer(r"^(\S+?):(\d+):\d+: (?:warning|error): (.*)$", done.stdout, re.MULTILINE):
		name = os.path.relpath(os.path.join(tree.root, found.group(1)), tree.root)
		findings.append(Finding(name, int(found.group(2)), f"{found.group(3)}: mend it; .clang-tidy has the reason for the check"))
	return findings


def check_tidy(tree):
	sources = tree.select(".cpp", under="EVNet/src/")
	with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
		yield from sorted({finding for findings in pool.map(lambda path: tidy(tree, path), sources) for finding in findings})
