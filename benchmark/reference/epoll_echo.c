/*
 * epoll_echo.c
 *
 * The bar for EVNet's echo figure: an edge-triggered epoll echo server that
 * does what the task needs and nothing else. One thread per core, each with its
 * own epoll instance and its own SO_REUSEPORT listener, nothing shared between them.
 *
 * In the steady state an echoed message costs one recv, one send and its
 * share of an epoll_wait.
 *
 * Copyright (c) 2026, EVNet Contributors.
 *
 * SPDX-License-Identifier:	BSL-1.0
 */


#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>


enum
{
	CHUNK   = 16384,
	EVENTS  = 256,
	BACKLOG = 4096
};


struct conn
{
	int fd;
	char* rest;      /* what the socket did not take, or NULL */
	size_t offset;   /* of the first byte of rest still to be sent */
	size_t length;   /* of rest */
};


static void fail(const char* what)
{
	perror(what);
	exit(1);
}


/* Returns a listening socket on the loopback interface; *port 0 picks one. */
static int listen_on(uint16_t* port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) fail("socket");
	int one = 1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one)) fail("setsockopt");
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	if (bind(fd, (struct sockaddr*) &addr, sizeof addr)) fail("bind");
	if (listen(fd, BACKLOG)) fail("listen");
	socklen_t length = sizeof addr;
	if (getsockname(fd, (struct sockaddr*) &addr, &length)) fail("getsockname");
	*port = ntohs(addr.sin_port);
	return fd;
}


/*
 * Sends up to length bytes. Returns how many the socket took,
 * -1 if the connection is broken.
 */
static ssize_t send_some(int fd, const char* data, size_t length)
{
	size_t sent = 0;
	while (sent < length)
	{
		ssize_t n = send(fd, data + sent, length - sent, MSG_NOSIGNAL);
		if (n >= 0) sent += (size_t) n;
		else if (errno == EAGAIN) break;
		else if (errno != EINTR) return -1;
	}
	return (ssize_t) sent;
}


/*
 * Sends what is left from the last time. Returns 1 if nothing is left,
 * 0 if the socket is full again, -1 if the connection is broken.
 */
static int flush_rest(struct conn* c)
{
	if (!c->rest) return 1;
	ssize_t n = send_some(c->fd, c->rest + c->offset, c->length - c->offset);
	if (n < 0) return -1;
	c->offset += (size_t) n;
	if (c->offset < c->length) return 0;
	free(c->rest);
	c->rest = NULL;
	return 1;
}


/*
 * Echoes until there is nothing more to read or the socket is full. While
 * it is full nothing is read: the client is throttled, and
 * at most one chunk is kept for it. Returns -1 when the connection is at its end.
 */
static int echo(struct conn* c, uint32_t events, char* buffer)
{
	for (;;)
	{
		int flushed = flush_rest(c);
		if (flushed <= 0) return flushed;

		ssize_t n = recv(c->fd, buffer, CHUNK, 0);
		if (n == 0) return -1;
		if (n < 0)
		{
			if (errno == EINTR) continue;
			return errno == EAGAIN ? 0 : -1;
		}

		ssize_t sent = send_some(c->fd, buffer, (size_t) n);
		if (sent < 0) return -1;
		if (sent < n)
		{
			c->length = (size_t) (n - sent);
			c->offset = 0;
			c->rest = malloc(c->length);
			if (!c->rest) return -1;
			memcpy(c->rest, buffer + sent, c->length);
			return 0;
		}

		/*
		 * A short read has emptied the socket, and what comes later makes a new
		 * edge; so there is no need to be told EAGAIN. Except at the end
		 * of the stream, which may have made its edge together with the last bytes.
		 */
		if (n < CHUNK && !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) return 0;
	}
}


static void drop(struct conn* c)
{
	close(c->fd);
	free(c->rest);
	free(c);
}


/* The listener is level-triggered: a connection that finds no descriptor is tried again. */
static void accept_all(int epoll, int listener)
{
	for (;;)
	{
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
		{
			if (errno == EINTR || errno == ECONNABORTED) continue;
			if (errno != EAGAIN) usleep(10000);
			return;
		}
		int one = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		struct conn* c = calloc(1, sizeof *c);
		if (!c)
		{
			close(fd);
			continue;
		}
		c->fd = fd;
		/* All events at once and for good: no epoll_ctl from here on. */
		struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = { .ptr = c } };
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) drop(c);
	}
}


static void* loop(void* arg)
{
	int listener = *(int*) arg;
	char buffer[CHUNK];
	struct epoll_event events[EVENTS];

	int epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0) fail("epoll_create1");
	struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = NULL } };
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) fail("epoll_ctl");

	for (;;)
	{
		int n = epoll_wait(epoll, events, EVENTS, -1);
		if (n < 0 && errno != EINTR) fail("epoll_wait");
		for (int i = 0; i < n; i++)
		{
			struct conn* c = events[i].data.ptr;
			if (!c) accept_all(epoll, listener);
			else if (echo(c, events[i].events, buffer) < 0) drop(c);
		}
	}
	return NULL;
}


static long number(const char* arg, const char* text, long min, long max)
{
	char* end;
	long value = strtol(text, &end, 10);
	if (!*text || *end || value < min || value > max)
	{
		fprintf(stderr, "epoll_echo: bad value: %s\n", arg);
		exit(64);
	}
	return value;
}


int main(int argc, char** argv)
{
	uint16_t port = 0;
	long threads = sysconf(_SC_NPROCESSORS_ONLN);

	for (int i = 1; i < argc; i++)
	{
		if (!strncmp(argv[i], "--port=", 7)) port = (uint16_t) number(argv[i], argv[i] + 7, 0, 65535);
		else if (!strncmp(argv[i], "--threads=", 10)) threads = number(argv[i], argv[i] + 10, 1, 1024);
		else
		{
			int help = !strcmp(argv[i], "--help");
			fprintf(help ? stdout : stderr, "usage: epoll_echo [--port=N] [--threads=N]\n");
			return help ? 0 : 64;
		}
	}

	struct rlimit limit;
	if (!getrlimit(RLIMIT_NOFILE, &limit))
	{
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}

	/* All listeners exist before the port is announced: none of the first connections is refused or misses a thread. */
	int* listeners = calloc((size_t) threads, sizeof *listeners);
	if (!listeners) fail("calloc");
	for (long i = 0; i < threads; i++) listeners[i] = listen_on(&port);

	pthread_t thread;
	for (long i = 1; i < threads; i++)
	{
		if (pthread_create(&thread, NULL, loop, &listeners[i])) fail("pthread_create");
	}
	printf("listening %u\n", (unsigned) port);
	fflush(stdout);
	loop(&listeners[0]);
	return 0;
}
