/*
 * server.h
 *
 * What the servers in C have in common: a command line, a listening socket,
 * and the announcement of the port.
 *
 * Copyright (c) 2026, EVNet Contributors.
 *
 * SPDX-License-Identifier:	BSL-1.0
 */


#ifndef Benchmark_server_INCLUDED
#define Benchmark_server_INCLUDED


#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>


enum
{
	BACKLOG = 4096
};


struct options
{
	uint16_t port;  /* 0: any free one */
	long threads;   /* one per core, if not given */
	int http;       /* --http was given */
	const char* work; /* of --work */
};


static inline void fail(const char* what)
{
	perror(what);
	exit(1);
}


static inline long number(const char* arg, const char* text, long min, long max)
{
	char* end;
	long value = strtol(text, &end, 10);
	if (!*text || *end || value < min || value > max)
	{
		fprintf(stderr, "bad value: %s\n", arg);
		exit(64);
	}
	return value;
}


/* Reads the command line, and raises the limit of descriptors to what is allowed. */
static inline struct options parse_options(int argc, char** argv, const char* usage)
{
	struct options options = { .threads = sysconf(_SC_NPROCESSORS_ONLN), .work = "hello" };
	for (int i = 1; i < argc; i++)
	{
		if (!strncmp(argv[i], "--port=", 7)) options.port = (uint16_t) number(argv[i], argv[i] + 7, 0, 65535);
		else if (!strncmp(argv[i], "--threads=", 10)) options.threads = number(argv[i], argv[i] + 10, 1, 1024);
		else if (!strncmp(argv[i], "--work=", 7) && strstr(usage, "--work")) options.work = argv[i] + 7;
		else if (!strcmp(argv[i], "--http") && strstr(usage, "--http")) options.http = 1;
		else
		{
			int help = !strcmp(argv[i], "--help");
			fprintf(help ? stdout : stderr, "usage: %s\n", usage);
			exit(help ? 0 : 64);
		}
	}

	struct rlimit limit;
	if (!getrlimit(RLIMIT_NOFILE, &limit))
	{
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	return options;
}


/* Returns a non-blocking listening socket on the loopback interface; *port 0 picks one. */
static inline int listen_on(uint16_t* port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) fail("socket");
	int one = 1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one))
		fail("setsockopt");
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	if (bind(fd, (struct sockaddr*) &addr, sizeof addr)) fail("bind");
	if (listen(fd, BACKLOG)) fail("listen");
	socklen_t length = sizeof addr;
	if (getsockname(fd, (struct sockaddr*) &addr, &length)) fail("getsockname");
	*port = ntohs(addr.sin_port);
	return fd;
}


/*
 * Returns a listening socket per thread. All exist before the port is
 * announced: none of the first connections is refused or misses a thread.
 */
static inline int* listen_all(struct options* options)
{
	int* listeners = calloc((size_t) options->threads, sizeof *listeners);
	if (!listeners) fail("calloc");
	for (long i = 0; i < options->threads; i++) listeners[i] = listen_on(&options->port);
	return listeners;
}


static inline void announce(uint16_t port)
{
	printf("listening %u\n", (unsigned) port);
	fflush(stdout);
}


/* Announces the port, and runs loop(listener) on a thread per listening socket. Never returns. */
static inline void run_loops(struct options* options, void* (*loop)(void*))
{
	int* listeners = listen_all(options);
	pthread_t thread;
	for (long i = 1; i < options->threads; i++)
	{
		if (pthread_create(&thread, NULL, loop, &listeners[i])) fail("pthread_create");
	}
	announce(options->port);
	loop(&listeners[0]);
}


#endif /* Benchmark_server_INCLUDED */
