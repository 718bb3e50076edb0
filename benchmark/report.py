"""What the matrix has measured, as tables, and what has changed between two of them.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import statistics

from machine import circumstances
from subjects import EVNET, NAMES, OURS
from workloads import BUSY, WORKLOADS

#: A change is one if the medians differ by more than this, ...
NOISE = 0.15
#: ... by so many times the spread of the rounds, ...
SPREADS = 1.5


def parts(key):
	work, number, name = key.split("/", 2)
	return work, int(number), name


def median(rounds, what):
	values = [values[what] for values in rounds if values.get(what) is not None]
	return statistics.median(values) if values else None


def numbers(results, work):
	return sorted({parts(key)[1] for key in results["cells"] if parts(key)[0] == work})


def cell(results, work, number, name):
	return results["cells"].get(f"{work}/{number}/{name}")


def short(value):
	"""Three digits."""
	if value is None:
		return "-"
	if value >= 99.5:
		return f"{value:,.0f}"
	return f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def spread_of(rounds, what):
	"""Half of the range, in percent of the median."""
	values = [values[what] for values in rounds]
	middle = statistics.median(values)
	return 50*(max(values) - min(values))/middle if middle else 0


def describe(rounds):
	"""Requests/s, CPU, and what is not as it should be."""
	text = f"{median(rounds, 'per_second'):,.0f} ±{spread_of(rounds, 'per_second'):.0f} % ({short(median(rounds, 'cpu_us'))})"
	served, asked = median(rounds, "served"), rounds[0]["connections"]
	if served < asked:
		text += f" **{served:,.0f} of {asked:,} served**"
	for what in ("lost", "invalid", "non_200"):
		number = sum(values.get(what) or 0 for values in rounds)
		if number:
			text += f" **{number:,} {what}**"
	return text


def heading(row):
	return [f"| {' | '.join(row)} |", "|" + "---|"*len(row)]


def throughput(results, work):
	columns = numbers(results, work)
	what = WORKLOADS[work]
	crowd = f"{what.crowd} and {BUSY[what.crowd]}" if what.crowd else None
	lines = heading(["requests/s (us CPU/request)"]
		+ [f"{number:,} {crowd or 'connection' + 's'*(number > 1)}" for number in columns])
	for name in NAMES:
		rounds = [cell(results, work, number, name) for number in columns]
		if any(rounds):
			cells = [describe(values) if values else results["left_out"].get(f"{work}/{number}/{name}", "failed")
				for values, number in zip(rounds, columns)]
			lines.append(f"| {name} | " + " | ".join(cells) + " |")
	return lines


def latencies(results, work):
	"""At a constant rate."""
	columns = [number for number in numbers(results, work)
		if any(values[0].get("p99_us") is not None for key, values in results["cells"].items() if parts(key)[:2] == (work, number))]
	if not columns:
		return []
	lines = ["", f"Latencies at {WORKLOADS[work].rate:,} requests/s, from the time each was due, p50 / p99 / p99.9 in ms:", ""]
	lines += heading(["ms"] + [f"{number:,} connections" for number in columns])
	for name in NAMES:
		rounds = [cell(results, work, number, name) for number in columns]
		if any(rounds):
			cells = [" / ".join(short(median(values, what)/1e3) for what in ("p50_us", "p99_us", "p999_us")) if values else "-"
				for values in rounds]
			lines.append(f"| {name} | " + " | ".join(cells) + " |")
	return lines


def costs(results, work):
	"""Of each request: system calls and context switches."""
	rows = [(name, cell(results, work, 256, name)) for name in NAMES]
	rows = [(name, median(rounds, "system_calls"), median(rounds, "switches")) for name, rounds in rows if rounds]
	if not any(calls for _, calls, _ in rows):
		return []
	return ["", "With 256 connections, of each request:", ""] + heading(["", "system calls", "context switches"]) + \
		[f"| {name} | {short(calls)} | {short(switches)} |" for name, calls, switches in rows]


def memory(results):
	columns = numbers(results, "idle")
	if not columns:
		return []
	lines = ["", "Memory of each idle connection, in bytes (user space; what the kernel needs is the same for all):",
		"", *heading([""] + [f"{number:,} connections" for number in columns])]
	for name in NAMES:
		rounds = [cell(results, "idle", number, name) for number in columns]
		if any(rounds):
			lines.append(f"| {name} | " + " | ".join((short(median(values, "memory")) if median(values, "memory") is not None
				else f"{median(values, 'crowd_served'):,.0f} answered") if values else "-" for values in rounds) + " |")
	return lines


def standing(results):
	"""Of evnet-adaptive, for each kind of work and number of connections: against the best that is no EVNet and starves nobody."""
	lines = heading(["work", "connections", "server", "requests/s / best other", "best other", "CPU per request / least", "least CPU"])
	for work in WORKLOADS:
		for number in numbers(results, work):
			others = {name: cell(results, work, number, name) for name in NAMES if name not in EVNET and not name.startswith("(")}
			others = {name: rounds for name, rounds in others.items() if rounds and median(rounds, "served") == rounds[0]["connections"]}
			# With as many threads as those have that give each connection one
			for ours in (OURS, OURS + "-256") if work == "sleep" else (OURS,):
				rounds = cell(results, work, number, ours)
				if not rounds or not others:
					continue
				best = max(others, key=lambda name: median(others[name], "per_second"))
				least = min(others, key=lambda name: median(others[name], "cpu_us"))
				rate = median(rounds, "per_second")/max(1e-9, median(others[best], "per_second"))
				cpu = median(rounds, "cpu_us")/max(1e-9, median(others[least], "cpu_us"))
				lines.append(f"| {work} | {number:,} | {ours} | {rate:.2f} | {best} | {cpu:.2f} | {least} |")
	return lines


def table(results):
	lines = [f"# Models of servers, {results['date'][:10]}", "",
		circumstances(results["machine"], f"Medians of {results['rounds']} rounds of {results['seconds']:g} s, ± half of their range.",
			f"Took {results['took']//60} minutes.", "\"n of m served\": so many of the connections got an answer in that time."), "",
		f"## Where {OURS} stands", ""] + standing(results)
	for work, workload in WORKLOADS.items():
		if numbers(results, work):
			lines += ["", f"## {work}: {workload.title}", ""] + throughput(results, work) + latencies(results, work) + costs(results, work)
			lines += memory(results) if work == "idle" else []
	left_out = [f"- {name}: {reason}" for name, reason in results["left_out"].items() if "/" not in name]
	if left_out:
		lines += ["", "## Left out", ""] + left_out
	if results["problems"]:
		lines += ["", "## Problems", ""] + [f"- {problem}" for problem in results["problems"]]
	return "\n".join(lines) + "\n"


def relative(results, what):
	"""{key: [a value for each round]}, divided by the median of all servers in that cell: what the machine does to all is not a change."""
	relative_values = {}
	groups = {}
	for key in results["cells"]:
		groups.setdefault(key.rpartition("/")[0], []).append(key)
	for keys in groups.values():
		middle = statistics.median(median(results["cells"][key], what) or 0 for key in keys)
		for key in keys:
			values = [values[what] for values in results["cells"][key]]
			relative_values[key] = [value/middle if len(keys) > 2 and middle else value for value in values]
	return relative_values


def changed(before, after):
	"""Returns the ratio of the medians if it is more than noise, else None."""
	a, b = statistics.median(before), statistics.median(after)
	if a <= 0 or b <= 0:
		return None if a == b else float("inf")
	noise = max(NOISE, SPREADS*max((max(before) - min(before))/a, (max(after) - min(after))/b))
	disjoint = max(before) < min(after) or max(after) < min(before)
	return b/a if disjoint and abs(b/a - 1) > noise else None


def compare(before, after):
	"""Prints what changed. Returns 1 if something has become worse."""
	common = [key for key in before["cells"] if key in after["cells"]]
	found = []
	for what, name, better in (("cpu_us", "CPU per request", -1), ("per_second", "requests/s", 1), ("served", "connections served", 1)):
		a, b = relative(before, what), relative(after, what)
		for key in common:
			ratio = changed(a[key], b[key])
			if ratio is not None:
				found.append(((ratio - 1)*better > 0, key, name, ratio))
	for good, key, name, ratio in sorted(found):
		print(f"{'better' if good else 'WORSE '}  {key}: {name} {ratio:.2f} x")
	worse = sum(not good for good, *_ in found)
	print(f"{len(common)} cells compared, {len(found) - worse} changes for the better, {worse} for the worse; "
		f"less than {100*NOISE:.0f} %, or within the spread of the rounds, is noise")
	return 1 if worse else 0
