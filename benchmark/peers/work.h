/*
 * work.h
 *
 * What a request costs, as with --work of the sample ServerModels, for the peers in C and C++.
 *
 * Copyright (c) 2026, EVNet Contributors.
 *
 * SPDX-License-Identifier:	BSL-1.0
 */


#ifndef Benchmark_work_INCLUDED
#define Benchmark_work_INCLUDED


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


#define WORK_USAGE "hello|sleep:MS|cpu:US|mixed:ONE_IN:MS|bytes:N"


struct work
{
	long sleep_ms;
	long cpu_us;
	long slow_one_in;    /* 0: none, or all with sleep */
	const char* body;
	size_t size;         /* of the body */
};


/* Reads the description. Ends the program if there is no such work. */
static inline struct work parse_work(const char* text)
{
	struct work work = { 0, 0, 0, "Hello, World!", 13 };
	long bytes = 0;
	char end;
	if (!strcmp(text, "hello")) return work;
	if (sscanf(text, "sleep:%ld%c", &work.sleep_ms, &end) == 1) return work;
	if (sscanf(text, "cpu:%ld%c", &work.cpu_us, &end) == 1) return work;
	if (sscanf(text, "mixed:%ld:%ld%c", &work.slow_one_in, &work.sleep_ms, &end) == 2 && work.slow_one_in > 0) return work;
	if (sscanf(text, "bytes:%ld%c", &bytes, &end) == 1 && bytes >= 0)
	{
		char* body = (char*) malloc((size_t) bytes + 1);
		if (!body) exit(1);
		memset(body, 'x', (size_t) bytes);
		work.body = body;
		work.size = (size_t) bytes;
		return work;
	}
	fprintf(stderr, "no such work: %s, only " WORK_USAGE "\n", text);
	exit(64);
}


/* Does it. Returns 1 if the answer must say that it is one of the few slow ones (X-Slow: 1). */
static inline int do_work(const struct work* work)
{
	static unsigned requests;
	int slow = work->slow_one_in > 0 && __atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED) % (unsigned) work->slow_one_in == 0;
	if (work->sleep_ms > 0 && (slow || work->slow_one_in == 0))
	{
		struct timespec span = { work->sleep_ms/1000, work->sleep_ms%1000*1000000 };
		while (nanosleep(&span, &span)) { }
	}
	if (work->cpu_us > 0)
	{
		struct timespec begin, now;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
		do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
		while ((now.tv_sec - begin.tv_sec)*1000000000 + now.tv_nsec - begin.tv_nsec < work->cpu_us*1000);
	}
	return slow;
}


#endif /* Benchmark_work_INCLUDED */
