#!/usr/bin/env python3
#
# Looks at what Doxygen has made, in build/docs, for what Doxygen itself does not warn of: values of enumerations without
# a comment, comments at another declaration than in the header, tables that are mere text, and links that lead nowhere.
# Compiles the programs in the pages that are marked with "./dev docs compiles".

import glob
import html
import os
import re
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree as xml

DOCS = "build/docs"
INCLUDE = "EVNet/include/Poco/EVNet"


def words(text):
	return " ".join(re.findall(r"\w+", text))


def comments(path):
	"""What stands in a header: for each name, the words of all comments behind a line that declares it."""
	with open(path, encoding="utf-8") as file:
		# A line that ends with a comma goes on in the next one
		for match in re.finditer(r"^((?:[^\n/]*,\n)*[^\n/]*)\n((?:\s*///[^\n]*\n)+)", file.read(), re.M):
			declaration, text = match.groups()
			# The last name before the parameters, the bases, the size or the value; of "using", the one before "="
			names = re.findall(r"~?\w+", re.split(r"[=(\[]|: ", declaration)[0])
			yield (names[-1] if names else ""), words(text.replace("///", " "))


def check_reference(problems):
	behind = {}
	for path in glob.glob(INCLUDE + "/*.h"):
		for name, text in comments(path):
			behind.setdefault((os.path.basename(path), name), []).append(text)
	checked = 0
	for path in glob.glob(DOCS + "/xml/*Poco_1_1EVNet_1_1*.xml"):
		compound = xml.parse(path).getroot().find("compounddef")
		file = os.path.basename(compound.find("location").get("file"))
		for element in [compound, *compound.iter("memberdef"), *compound.iter("enumvalue")]:
			if element.get("prot") == "private" or element.get("kind") == "friend":
				continue
			name = (element.findtext("name") or element.findtext("compoundname")).split("::")[-1]
			# Doxygen invents names for enumerations that have none
			name = re.sub(r"^@\d+$", "enum", name).replace("operator=", "operator")
			text = words(" ".join("".join(part.itertext())
				for part in (element.find("briefdescription"), element.find("detaileddescription"))))
			checked += 1
			if not text:
				problems.append("%s: %s has no comment" % (file, name))
			elif text not in behind.get((file, name), []):
				problems.append("%s: what is said about %s does not stand behind it: %s" % (file, name, text[:60]))
	return checked


def check_links(problems):
	for page in os.environ["EVNET_PAGES"].split():
		name = "index" if page == "README.md" else "page_" + re.sub(r"\W", "_", page[:-3])
		if not os.path.exists("%s/html/%s.html" % (DOCS, name)):
			problems.append("%s has not become a page" % page)
			continue
		with open(page, encoding="utf-8") as source, open("%s/html/%s.html" % (DOCS, name), encoding="utf-8") as made:
			if len(re.findall(r"^\|[-|]+$", source.read(), re.M)) != made.read().count('<table class="markdownTable"'):
				problems.append("%s: not all of its tables have become tables" % page)
	pages = {}
	for path in glob.glob(DOCS + "/html/**/*.html", recursive=True):
		with open(path, encoding="utf-8") as file:
			pages[os.path.normpath(path)] = file.read()
	anchors = {path: set(re.findall(r'(?:id|name)="([^"]*)"', text)) for path, text in pages.items()}
	checked = 0
	for path, text in pages.items():
		for target in re.findall(r'<a [^>]*href="([^"]*)"', text):
			target, _, anchor = html.unescape(target).partition("#")
			if re.match(r"[a-z]+:", target):
				continue
			to = os.path.normpath(os.path.join(os.path.dirname(path), urllib.parse.unquote(target))) if target else path
			checked += 1
			if not os.path.exists(to) or (anchor and anchor not in anchors.get(to, ())):
				problems.append("%s: a link to %s#%s, which is not there" % (os.path.basename(path), target, anchor))
	return checked


def check_programs(problems):
	checked = 0
	for page in os.environ["EVNET_PAGES"].split():
		with open(page, encoding="utf-8") as file:
			programs = re.findall(r"^<!-- \./dev docs compiles -->\n```cpp\n(.*?)^```$", file.read(), re.M | re.S)
		for program in programs:
			checked += 1
			compiler = subprocess.run(["g++", "-std=c++17", "-Wall", "-Wextra", "-fsyntax-only", "-IEVNet/include", "-xc++", "-"],
				input=program, capture_output=True, text=True)
			if compiler.returncode or compiler.stderr:
				problems.append("%s: a program does not compile: %s" % (page, compiler.stderr))
	return checked


def main():
	problems = []
	declarations = check_reference(problems)
	links = check_links(problems)
	programs = check_programs(problems)
	for problem in sorted(set(problems)):
		print("dev: " + problem, file=sys.stderr)
	print("dev: %d declarations, %d links and %d programs checked" % (declarations, links, programs))
	sys.exit(1 if problems or not declarations or not links or not programs else 0)


if __name__ == "__main__":
	main()
