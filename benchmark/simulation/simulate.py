#!/usr/bin/env python3
"""Simulates how servers share requests out among threads, on machines with more processors than there are at hand. See ../README.md.

Copyright (c) 2026, EVNet Contributors.

SPDX-License-Identifier: BSL-1.0
"""

import argparse
import collections
import random
import statistics
import sys

sys.dont_write_bytecode = True # leaves nothing in the source tree

from machine_model import Machine, Signal
from policies import POLICIES, Costs, Request

CLIENT = 5e-6 # what the load generator does for a request, in seconds

#: Requests/s against Poco's server with a thread for each connection, measured on two processors, which the load generator
#: shares: (milliseconds that each request computes or waits, waits, connections, loops): ratio
MEASURED = {
	(0.1, False, 2, 1): 1.01, (0.1, False, 3, 1): 0.79, (0.1, False, 4, 1): 0.84, (0.1, False, 8, 1): 0.84, (0.1, False, 8, 2): 0.83,
	(0.3, False, 2, 1): 0.91, (0.3, False, 3, 1): 0.83, (0.3, False, 4, 1): 0.88, (0.3, False, 8, 1): 0.95, (0.3, False, 8, 2): 0.95,
	(1, False, 2, 1): 0.95, (1, False, 3, 1): 0.92, (1, False, 4, 1): 0.96, (1, False, 8, 1): 1.00, (1, False, 8, 2): 1.00,
	(3, False, 2, 1): 0.97, (3, False, 3, 1): 0.97, (3, False, 4, 1): 0.98, (3, False, 8, 1): 1.00, (3, False, 8, 2): 1.00,
	(0.1, True, 8, 1): 0.97, (0.1, True, 16, 1): 1.14, (0.2, True, 8, 1): 0.91, (0.2, True, 16, 1): 1.02, (0.2, True, 16, 2): 0.99,
	(0.6, True, 8, 1): 1.00, (0.6, True, 8, 2): 1.05, (0.6, True, 16, 1): 0.94, (0.6, True, 16, 2): 0.97,
}

#: What a handler computes, in seconds, and of which kind the request is
SERVICES = {
	"fixed": lambda chance: (10e-6, 0),
	"exponential": lambda chance: (chance.expovariate(1/10e-6), 0),
	"bimodal": lambda chance: (10e-6 if chance.random() < 0.995 else 1e-3, 0),
	"bimodal, own path": lambda chance: (10e-6, 0) if chance.random() < 0.995 else (1e-3, 1),
}


def mean_service(service):
	chance = random.Random(0)
	return statistics.fmean(SERVICES[service](chance)[0] for _ in range(200000))


def closed_loop(policy, connections, loops, seconds, service, waits, seed):
	"""Returns requests/s: each client asks again when it is answered. The load generator, of one thread, shares two processors."""
	chance = random.Random(seed)
	machine = Machine(2, Costs.wake)
	server = policy(machine, max(4, connections) + loops, loops)
	answered, event, count = collections.deque(), Signal(machine), 0

	def done(request):
		answered.append(request.connection)
		event.set()

	def generate():
		nonlocal count
		for connection in chance.sample(range(1000), connections):
			server.arrive(Request(machine.now, service, waits, connection, 0, done))
		while True:
			if not answered:
				yield ("wait", event)
				continue
			connection = answered.popleft()
			count += 1
			yield ("run", CLIENT)
			server.arrive(Request(machine.now, service, waits, connection, 0, done))

	machine.start(generate())
	machine.run_until(seconds)
	return count/seconds


def open_loop(policy, processors, service, load, seconds, seed):
	"""Returns p50 and p99 in seconds, and the share of requests that were answered: they come at random, from 1000 clients."""
	chance = random.Random(seed)
	machine = Machine(processors, Costs.wake)
	server = policy(machine, 3*processors, processors)
	times, arrived = [], 0
	rate = load*processors/(mean_service(service) + Costs.request)

	def done(request):
		if request.arrived > seconds/10:
			times.append(machine.now - request.arrived)

	def arrive():
		nonlocal arrived
		arrived += machine.now > seconds/10
		time, kind = SERVICES[service](chance)
		server.arrive(Request(machine.now, time, False, chance.randrange(1000), kind, done))
		machine.at(machine.now + chance.expovariate(rate), arrive)

	machine.at(0.0, arrive)
	machine.run_until(seconds)
	times.sort()
	return times[len(times)//2], times[len(times)*99//100], len(times)/arrived


def median_rate(name, *case):
	return statistics.median(closed_loop(POLICIES[name], *case, seed) for seed in range(5))


def validate():
	"""Prints what is simulated beside what was measured."""
	print("| each request | connections | loops | simulated, of a thread per connection | measured | off by |\n|---|---|---|---|---|---|")
	off = []
	for (millis, waits, connections, loops), measured in MEASURED.items():
		case = (connections, loops, 0.5, millis*1e-3, waits)
		simulated = median_rate("EVNet", *case)/median_rate("thread per connection", *case)
		off.append(abs(simulated/measured - 1))
		print(f"| {'waits' if waits else 'computes'} {millis} ms | {connections} | {loops} | {simulated:.2f} | {measured:.2f} | "
			f"{100*(simulated/measured - 1):+.0f} % |", flush=True)
	print(f"\noff by more than 10 %: {sum(each > 0.1 for each in off)} of {len(off)}; worst {100*max(off):.0f} %")


def scale(arguments):
	"""Prints how long requests take on machines that are not at hand."""
	print("| requests | processors | " + " | ".join(f"{name}: p50, p99" for name in POLICIES if name != "thread per connection") + " |")
	print("|---"*(len(POLICIES) + 1) + "|")
	for service in SERVICES:
		for processors in arguments.processors:
			row = []
			for name, policy in POLICIES.items():
				if name == "thread per connection":
					continue
				p50, p99, share = open_loop(policy, processors, service, arguments.load, arguments.seconds, 1)
				row.append(f"{p50*1e6:.0f}, {p99*1e6:,.0f} us" if share > 0.98 else "overloaded")
			print(f"| {service} | {processors} | " + " | ".join(row) + " |", flush=True)


def main():
	parser = argparse.ArgumentParser(description="Simulates servers: first on two processors, against what was measured, then at a given "
		"load on more.")
	parser.add_argument("--processors", type=int, nargs="+", default=[4, 16, 64], metavar="N", help="(default: 4 16 64)")
	parser.add_argument("--load", type=float, default=0.7, metavar="L", help="of what the processors can do (default: 0.7)")
	parser.add_argument("--seconds", type=float, default=0.2, metavar="S", help="of simulated time (default: 0.2)")
	arguments = parser.parse_args()
	validate()
	print()
	scale(arguments)


main()
