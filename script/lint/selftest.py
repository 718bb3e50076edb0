"""./dev lint --self-test: a small tree in which nothing is found is broken in one way after the other, and each has to be found.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import pathlib
import re
import shutil
import subprocess
import tempfile

from text import EXCESS
from tree import Finding, Tree

#: The line that registers its test
REGISTERED = "\tCppUnit_addTest(pSuite, LeafTest, testGrow);\n"

FILES = {
	"dev": '#!/usr/bin/env bash\nDEVELOP="lint"\n. script/common.sh\necho "$DEVELOP"\n',
	".ci/run": "#!/usr/bin/env bash\n./dev lint\n",
	"script/common.sh": "#!/usr/bin/env bash\nfail()\n{\n\texit 1\n}\n",
	"script/lint.sh": "#\n# lint            looks\n\ntrue\n",
	"tool.py": "import sys\n\nsys.exit(0)\n",
	EXCESS: "columns tool.txt.py 1\nfunction EVNet/src/core/Big.cpp Big::run 70\n",
	"tool.txt.py": "#" + "x "*80 + "x\n",
	"README.md": "# A tree\n\n`Leaf::grow()` and `Poco::EVNet::EVTop`, by `./dev lint`; `shrink()`.\n",
	"CHANGELOG.md": "# Changes\n",
	"doc/overview.md": "# Overview\n\n| room | may use | what |\n|---|---|---|\n| http | core | top |\n| core | | leaves |\n\n"
		"`EVTop` `Leaf` `Big`\n",
	"EVNet/Makefile": "objects = Leaf Big \\\n\tEVTop\n",
	"EVNet/include/Poco/EVNet/EVTop.h": "class EVTop\n\t/// Is seen.\n{\npublic:\n\tint top() const;\n};\n",
	"EVNet/src/http/EVTop.cpp": '#include "Poco/EVNet/EVTop.h"\n#include "core/Leaf.h"\n\n\n'
		"int EVTop::top() const\n{\n\treturn Leaf().grow();\n}\n",
	"EVNet/src/core/Leaf.h": "class Leaf\n{\npublic:\n\tint grow()\n\t{\n\t\treturn 1;\n\t}\n};\n",
	"EVNet/src/core/Leaf.cpp": '#include "core/Leaf.h"\n\n\n'
		"int shrink(Leaf& leaf)\n{\n\tif (leaf.grow() == 0) return 0;\n\treturn 1; // and no more\n}\n",
	"EVNet/src/core/Big.cpp": "void step();\n\n\nclass Big\n{\n\tvoid run();\n};\n\n\nvoid Big::run()\n{\n" + "\tstep();\n"*67 + "}\n",
	"testsuite/src/LeafTest.h": "class LeafTest: public CppUnit::TestCase\n{\n\tvoid testGrow();\n\tstatic CppUnit::Test* suite();\n};\n",
	"testsuite/src/LeafTest.cpp": '#include "LeafTest.h"\n\n\nvoid LeafTest::testGrow()\n{\n}\n\n\n'
		f"CppUnit::Test* LeafTest::suite()\n{{\n{REGISTERED}}}\n",
	"testsuite/src/EVNetTestSuite.cpp": "void EVNetTestSuite::suite()\n{\n\tpSuite->addTest(LeafTest::suite());\n}\n",
}

for _path, _text in FILES.items():
	_name = pathlib.PurePath(_path)
	if _name.suffix in (".h", ".cpp"):
		_package = f"// Package: {_name.parts[2].upper()}\n" if _path.startswith("EVNet/src/") else ""
		_guard = f"#ifndef {_name.stem}_INCLUDED\n#define {_name.stem}_INCLUDED\n\n\n" if _name.suffix == ".h" else ""
		_head = f"//\n// {_name.name}\n//\n{_package}// SPDX-License-Identifier: BSL-1.0\n//\n\n\n"
		FILES[_path] = _head + _guard + _text + ("\n\n#endif\n" if _guard else "")

#: What is broken: the check, the file, what is replaced by what (None: all of it), where it has to be found, and a part of what has to be
#: said.
BREAKAGES = [
	("scripts", "script/lint.sh", "true", "if true", None, "bash cannot read it"),
	("scripts", "script/lint.sh", "true", "x= echo", None, "wiki/SC"),
	("scripts", "script/new.sh", None, "#\n# new\n", None, "does not know it"),
	("scripts", "script/lint.sh", "# lint ", "# looks ", None, "nothing to print"),
	("scripts", "dev", '"lint"', '"lint fly"', None, "no script/fly.sh"),
	("scripts", "tool.py", "import sys", "import sys, os", None, "not used"),
	("scripts", "tool.py", "sys.exit(0)", "sys.exit(0", None, "cannot read it"),
	("whitespace", "tool.py", "import sys", "import sys ", None, "blanks at the end"),
	("whitespace", "tool.py", "sys.exit(0)\n", "sys.exit(0)", None, "does not end"),
	("whitespace", "EVNet/src/core/Leaf.h", "// Leaf.h", "// Twig.h", None, "not '// Leaf.h'"),
	("whitespace", "EVNet/src/core/Leaf.h", "SPDX-License-Identifier", "", None, "no licence"),
	("whitespace", "EVNet/src/core/Leaf.h", "#ifndef Leaf_", "#ifndef Twig_", None, "guard"),
	("whitespace", "testsuite/src/LeafTest.cpp", '#include "LeafTest.h"', "", "testsuite/src/LeafTest.h", "nobody includes"),
	("rooms", "EVNet/src/core/Leaf.h", "// Package: CORE", "// Package: Http", None, "name the room"),
	("excess", "README.md", "# A tree", "# A tree" + " with words"*12, None, "longer than 120"),
	("excess", "EVNet/src/core/Leaf.cpp", "// and", "// and" + " more"*30, None, "longer than 140"),
	("excess", "tool.txt.py", None, ("#" + "x "*80 + "x\n")*2, None, "allows 1"),
	("excess", "tool.txt.py", None, "#\n", EXCESS, "remove the line"),
	("excess", "EVNet/src/core/Big.cpp", "\tstep();\n", "\tstep();\n\tstep();\n", None, "in Big::run()"),
	("excess", "EVNet/src/core/Big.cpp", "\tstep();\n\tstep();\n", "\tstep();\n", EXCESS, "lower the number"),
	("excess", "EVNet/src/core/Leaf.h", "class", "\n"*250 + "class", None, "at most 250"),
	("excess", "EVNet/src/core/Leaf.cpp", "int", "\n"*450 + "int", None, "at most 450"),
	("rooms", "EVNet/src/core/Leaf.h", "class Leaf", '#include "Poco/EVNet/EVTop.h"\nclass Leaf', None, "may not include"),
	("rooms", "EVNet/src/core/Leaf.h", "class Leaf", "class EVTop;\nclass Leaf", None, "may not name EVTop"),
	("rooms", "EVNet/src/Lost.cpp", None, "int lost;\n", None, "has no room"),
	("rooms", "doc/overview.md", "| core | |", "| core | http |", None, "not below it"),
	("rooms", "doc/overview.md", "| room |", "| folder |", None, "no table"),
	("rooms", "EVNet/Makefile", " Big", "", "EVNet/src/core/Big.cpp", "does not build it"),
	("rooms", "doc/overview.md", "`Big`", "", "EVNet/src/core/Big.cpp", "does not say what it is"),
	("names", "README.md", "Leaf::grow", "Leaf::wither", None, "Leaf has no wither"),
	("names", "README.md", "Leaf::grow", "Twig::grow", None, "no class Twig"),
	("names", "README.md", "EVNet::EVTop", "EVNet::EVBottom", None, "no Poco::EVNet::EVBottom"),
	("names", "README.md", "shrink()", "witherAway()", None, "no function witherAway()"),
	("names", "README.md", "./dev lint", "./dev fly", None, "no ./dev fly"),
	("tests", "testsuite/src/LeafTest.cpp", REGISTERED, "", "testsuite/src/LeafTest.h", "never runs"),
	("tests", "testsuite/src/LeafTest.cpp", REGISTERED, REGISTERED*2, None, "twice"),
	("tests", "testsuite/src/LeafTest.cpp", "void", "void LeafTest::testHide()\n{\n}\n\n\nvoid", None, "not declared"),
	("tests", "testsuite/src/EVNetTestSuite.cpp", "\tpSuite->addTest(LeafTest::suite());\n", "", "testsuite/src/LeafTest.h",
		"none of its tests"),
	("format", "EVNet/src/core/Leaf.cpp", "\treturn 1;", "    return 1;", None, "not the format"),
	("format", "EVNet/src/core/Leaf.cpp", "leaf)\n{", "leaf) {", None, "not the format"),
	("format", "EVNet/src/core/Leaf.cpp", "return 0;\n", "return 0; return 2;\n", None, "not the format"),
	("tidy", "EVNet/src/core/Leaf.cpp", "if (leaf.grow() == 0)", "const int n = leaf.grow();\n\tif (n == n)", None,
		"misc-redundant-expression"),
]


def write(root, files):
	for path, text in files.items():
		(root / path).parent.mkdir(parents=True, exist_ok=True)
		(root / path).write_text(text)


def check(root, name, run):
	findings, _ = run(Tree(root), [name])
	return findings


def run(tree, run_checks):
	"""Returns an exit status."""
	missed = []
	with tempfile.TemporaryDirectory(prefix="evnet-lint-") as folder:
		root = pathlib.Path(folder)
		write(root, FILES)
		for name in (".clang-format", ".clang-tidy", ".shellcheckrc"):
			shutil.copy(tree.root / name, root)
		commit = "git -c user.name=lint -c user.email=lint@localhost commit -qm start"
		subprocess.run(f"git init -q && git add -A && {commit}", shell=True, check=True, cwd=root)
		for name in dict.fromkeys(breakage[0] for breakage in BREAKAGES):
			missed += [f"{name} finds something in a sound tree: {finding}" for finding in check(root, name, run_checks)]
		for name, path, old, new, where, text in BREAKAGES:
			sound = FILES.get(path)
			assert old is None or old in sound, (path, old)
			write(root, {path: new if old is None else sound.replace(old, new, 1)})
			found = check(root, name, run_checks)
			expected = [finding for finding in found if finding.path == (where or path) and text in finding.text]
			what = f"{name}: {path}: {re.sub(chr(10), '|', old or '(new)')[:40]!r} -> {re.sub(chr(10), '|', new)[:40]!r}"
			if expected and isinstance(expected[0], Finding):
				print(f"lint: found: {what}: {expected[0].text[:90]}")
			else:
				missed.append(f"{what}: not found, but {found}")
			if sound is None:
				(root / path).unlink()
			else:
				write(root, {path: sound})
	for text in missed:
		print(f"lint: MISSED: {text}")
	print(f"lint: {len(BREAKAGES)} ways to break a tree, {len(missed)} missed")
	return 1 if missed else 0
