"""Scripts: bash can read them, shellcheck finds no fault, Python compiles, and each command can be called.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import ast
import json
import pathlib
import re
import subprocess

from tree import Finding


def check_shell(tree):
	scripts = ["dev", ".ci/run", *tree.select(".sh")]
	for path in scripts:
		read = subprocess.run(["bash", "-n", path], cwd=tree.root, capture_output=True, text=True)
		if read.returncode:
			line = re.search(r"line (\d+): (.*)", read.stderr)
			yield Finding(path, int(line.group(1)) if line else 0, f"bash cannot read it: {line.group(2) if line else read.stderr}")
	checked = subprocess.run(["shellcheck", "--severity=warning", "--format=json", *scripts], cwd=tree.root, capture_output=True, text=True)
	for found in json.loads(checked.stdout or "[]"):
		yield Finding(found["file"], found["line"], f"{found['message']} (https://www.shellcheck.net/wiki/SC{found['code']})")


def check_python(tree):
	for path in tree.select(".py"):
		try:
			module = ast.parse(tree.read(path), path)
		except SyntaxError as error:
			yield Finding(path, error.lineno or 0, f"Python cannot read it: {error.msg}")
			continue
		for node in ast.walk(module):
			if isinstance(node, (ast.Import, ast.ImportFrom)):
				for name in [(alias.asname or alias.name).split(".")[0] for alias in node.names]:
					if len(re.findall(rf"\b{name}\b", tree.read(path))) < 2 and name != "*":
						yield Finding(path, node.lineno, f"{name} is imported and not used: remove it")


def check_commands_listed(tree):
	dev = tree.read("dev")
	listed = re.findall(r'^[A-Z]+="([a-z -]+)"$', dev, re.MULTILINE)
	names = {name for line in listed for name in line.split()}
	for path in tree.select(".sh", under="script/"):
		stem = pathlib.PurePath(path).stem
		if stem not in names and stem != "common":
			yield Finding(path, 0, f"./dev does not know it: add {stem} to one of the groups in dev")
		elif stem != "common" and not re.match(rf"#\n# {stem}\b", tree.read(path)):
			yield Finding(path, 1, f"./dev help has nothing to print: begin the file with an empty comment, and one that "
				f"begins with {stem}")
	for name in sorted(names):
		if f"script/{name}.sh" not in tree.files:
			yield Finding("dev", 0, f"there is no script/{name}.sh")
