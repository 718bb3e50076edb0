#!/usr/bin/env python3
#
# What Doxygen reads instead of a file (INPUT_FILTER in Doxyfile): prints the file given as argument.
#
# Headers: POCO's comments stand behind what they describe,
#
#     class A: public B             int open = 0;             enum E
#         /// About A.                  /// About open.           /// About E.
#     {                                                       {
#                                                                 FIRST,
#                                                                     /// About FIRST.
#
# where Doxygen takes them for what comes next. ("///<" instead of "///" would do for members, but not for
# a class and an enumeration, whose bodies have not begun yet.) So each block is put before its declaration.
#
# Markdown: pages link to each other by file name and GitHub's anchors, which Doxygen 1.9.4 does not know. Headings
# get labels, and links become references to these, so that Doxygen warns of those that lead nowhere. A link to a
# file that is no page becomes the name of the file.

import os
import re
import sys

COMMENT = re.compile(r"\s*///")


def beginning_of_declaration(lines):
	"""Index of the first line of the declaration that the last of the lines ends."""
	first = len(lines) - 1
	parentheses = 0
	while True:
		parentheses += lines[first].count(")") - lines[first].count("(")
		if first == 0:
			return first
		before = lines[first - 1].strip()
		# The next parameter: an end of line within parentheses separates nothing
		if parentheses > 0:
			first -= 1
		elif not before or before.startswith(("//", "#")) or before[-1] in ";{},:":
			return first
		else:
			first -= 1


def comment(line):
	"""The dots of abbreviations do not end the summary, unless the line is code."""
	return line if line.startswith("///     ") else re.sub(r"\b(e\.g|i\.e|etc)\. ", r"\1.\\ ", line)


def header(lines):
	out = []
	at = 0
	while at < len(lines):
		if not COMMENT.match(lines[at]):
			out.append(lines[at])
			at += 1
			continue
		end = at
		while end < len(lines) and COMMENT.match(lines[end]):
			end += 1
		if not out or not out[-1].strip() or out[-1].strip() in ("{", "}"):
			sys.exit("a comment that follows no declaration, line %d" % (at + 1))
		first = beginning_of_declaration(out)
		out[first:first] = [comment(line.strip()) for line in lines[at:end]]
		at = end
	return out


def label(path, anchor=""):
	"""What a page, or a heading of it, is called in Doxygen: unique among all pages."""
	name = re.sub(r"[^A-Za-z0-9]", "_", os.path.splitext(path)[0])
	return "page_%s__%s" % (name, re.sub(r"[^A-Za-z0-9]", "_", anchor)) if anchor else "page_" + name


def github_anchor(heading):
	return re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")


def link(path, pages, match):
	text, target = match.groups()
	if re.match(r"[a-z]+:", target):
		return match.group(0)
	if target.endswith(".svg"):
		return "[%s](%s)" % (text, os.path.basename(target)) # Doxygen finds it in IMAGE_PATH
	name, _, anchor = target.partition("#")
	to = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
	if os.path.exists(to) and to not in pages:
		return "%s (`%s`)" % (text, to) if text.strip("`") not in to else "`%s`" % to
	return "[%s](@ref %s)" % (text, label(to, anchor))


def markdown(path, lines, pages):
	code = False
	for line in lines:
		fence = line.startswith("```")
		if fence:
			code = not code
		if code or fence or line.startswith("    "):
			# Only its own names, such as {.cpp}, are languages for Doxygen
			yield re.sub(r"^```(\w+)$", r"```{.\1}", line)
			continue
		heading = re.match(r"(#+) (.*)$", line)
		if heading:
			level, text = heading.groups()
			yield "%s %s {#%s}" % (level, text, label(path, "" if level == "#" else github_anchor(text)))
			continue
		# Not in code: an even number of ` before it
		parts = line.split("`")
		joined = "`".join(part.replace("\\", "\\\\") if at % 2 == 0 else part for at, part in enumerate(parts))
		yield re.sub(r"\[([^]]*)\]\(([^)\s]+)\)", lambda match: link(path, pages, match), joined)


def main():
	path = os.path.relpath(sys.argv[1])
	with open(path, encoding="utf-8") as file:
		lines = file.read().split("\n")
	try:
		out = header(lines) if path.endswith(".h") else markdown(path, lines, os.environ["EVNET_PAGES"].split())
		print("\n".join(out))
	except SystemExit as error:
		# Doxygen does not look at the status of a filter, but it refuses commands that it does not know
		print("%s: %s" % (path, error), file=sys.stderr)
		print("/** \\file\n\\filter_has_failed */")


if __name__ == "__main__":
	main()
