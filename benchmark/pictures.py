"""The pictures of the matrix, drawn by gnuplot as SVG. doc/server-models.md explains them.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import shutil
import subprocess
import sys

from report import cell, median, numbers
from subjects import NAMES

#: One colour for each family, and EVNet's lines are thick. Those that behave like another one are left out of the curves.
CURVES = {
	"thread": "#b07030", "prethread": "#d0a060", "fork": "#806040", "select": "#909090", "epoll-et-per-core": "#5080c0",
	"loop-per-worker": "#60a0e0", "multi-process-loops": "#3060a0", "leader-follower": "#70b070", "reuseport": "#308040",
	"nginx": "#a040a0", "h2o": "#d080d0", "libmicrohttpd": "#c05050", "evnet-adaptive": "#000000",
}

HEAD = """\
set terminal svg size {width},{height} font "sans-serif,13" background "white"
set output "{output}"
set title "{title}"
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
"""


def serves_all(rounds):
	"""But for one in a hundred. Who lets connections starve looks good in all else."""
	return median(rounds, "served") >= 0.99*rounds[0]["connections"]


def gnuplot(script):
	subprocess.run(["gnuplot"], input=script, text=True, check=True)


def curve_picture(results, path, work, title, what, scale, unit, logarithmic=False):
	"""Over the number of connections, as long as all of them are served."""
	columns = numbers(results, work)
	curves = {}
	for name in CURVES:
		points = [(number, median(rounds, what)) for number in columns
			if (rounds := cell(results, work, number, name)) and serves_all(rounds) and median(rounds, what) is not None]
		if len(points) > 1:
			curves[name] = points
	if not curves:
		return None
	script = HEAD.format(width=900, height=520, output=path, title=title)
	script += f'set logscale x\nset xlabel "connections"\nset ylabel "{unit}"\nset key outside right\n'
	script += f'set xtics ({", ".join(str(number) for number in columns)})\n'
	script += "set logscale y\n" if logarithmic else "set yrange [0:*]\n"
	for i, points in enumerate(curves.values()):
		script += f"$d{i} << EOD\n" + "".join(f"{number} {value*scale}\n" for number, value in points) + "EOD\n"
	plots = []
	for i, name in enumerate(curves):
		width = 4 if name.startswith("evnet") else 1.5
		plots.append(f'$d{i} using 1:2 with linespoints lw {width} pt 7 ps 0.5 lc rgb "{CURVES[name]}" title "{name}"')
	script += "plot " + ", ".join(plots) + "\n"
	gnuplot(script)
	return path


def bar_picture(results, path, title, unit, bars):
	"""bars: [(label, [value, ...])], with a title for each of the values."""
	titles, rows = bars
	rows = [(name, values) for name, values in rows if any(value is not None for value in values)]
	if not rows:
		return None
	script = HEAD.format(width=900, height=520, output=path, title=title)
	script += "set style data histograms\nset style histogram clustered gap 1\nset style fill solid 0.9 noborder\n"
	script += f'set xtics rotate by -40\nset yrange [0:*]\nset ylabel "{unit}"\nset key top left\n'
	script += "$d << EOD\n" + "".join(f'"{name}" ' + " ".join("NaN" if value is None else str(value) for value in values) + "\n"
		for name, values in rows) + "EOD\n"
	script += "plot " + ", ".join(f'$d using {i + 2}:xtic(1) lc rgb "{color}" title "{text}"'
		for i, (text, color) in enumerate(zip(titles, ("#3060a0", "#d08030", "#70b070")))) + "\n"
	gnuplot(script)
	return path


def blocking_bars(results, number):
	"""What a handler that sleeps does: the share of the requests that 16 threads could answer; and what the few do to the others."""
	rows = []
	for name in NAMES:
		sleep, mixed = cell(results, "sleep", number, name), cell(results, "mixed", number, name)
		if sleep and mixed:
			mark = "" if serves_all(sleep) and serves_all(mixed) else "*"
			rows.append((name + mark, [median(sleep, "per_second"), median(mixed, "per_second")]))
	return (["each sleeps 10 ms", "one in 100 sleeps 50 ms"], rows)


def memory_bars(results):
	columns = numbers(results, "idle")
	rows = []
	for name in NAMES:
		cells = [cell(results, "idle", number, name) for number in columns]
		values = [median(rounds, "memory")/1024 if rounds and median(rounds, "memory") is not None else None for rounds in cells]
		rows.append((name, values))
	return ([f"{number:,} connections" for number in columns], rows)


def draw(results, stem):
	"""Returns the files."""
	if not shutil.which("gnuplot"):
		print("no pictures: gnuplot is not installed (Debian's package gnuplot-nox)", file=sys.stderr)
		return []
	name = lambda what: f"{stem}-{what}.svg"
	drawn = [
		curve_picture(results, name("throughput"), "hello", "Requests/s of 13 bytes, keep-alive", "per_second", 1e-3, "1000 requests/s"),
		curve_picture(results, name("cpu"), "hello", "Processor time of a request", "cpu_us", 1, "us"),
		curve_picture(results, name("p99"), "hello", "p99 at 4,000 requests/s, from the time each was due", "p99_us", 1e-3, "ms",
			logarithmic=True),
		curve_picture(results, name("sleep"), "sleep", "Requests/s, each sleeps 10 ms", "per_second", 1, "requests/s"),
		bar_picture(results, name("blocking"), "A handler that blocks, 256 connections (* does not serve all of them)", "requests/s",
			blocking_bars(results, 256)),
		bar_picture(results, name("memory"), "Memory of an idle connection", "KiB", memory_bars(results)),
	]
	return [path for path in drawn if path]
