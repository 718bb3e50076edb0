/*
 * epoll_server.c
 *
 * The bar for EVNet's echo and HTTP figures: an edge-triggered epoll server
 * that does what the task needs and nothing else. One thread per core, each with its
 * own epoll instance and its own SO_REUSEPORT listener, nothing shared between them.
 *
 * In the steady state an echoed message costs one recv, one send and its
 * share of an epoll_wait. So does, with --http, an HTTP request: only the ends of headers are looked
 * for, and each gets the same response, those of one recv in one send. A request has no body.
 *
 * Copyright (c) 2026, EVNet Contributors.
 *
 * SPDX-License-Identifier:	BSL-1.0
 */


#define _GNU_SOURCE
#include "server.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>


enum
{
	CHUNK   = 16384,
	EVENTS  = 256,
	MARK    = 4         /* length of the end of a header */
};


/* As long as what EVHTTPServer sends for the benchmark's handler, and with the same fields. */
static const char RESPONSE[] =
	"HTTP/1.1 200 OK\r\n"
	"Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
	"Connection: Keep-Alive\r\n"
	"Content-Type: text/plain\r\n"
	"Content-Length: 13\r\n"
	"\r\n"
	"Hello, World!";

static const size_t RESPONSE_LENGTH = sizeof RESPONSE - 1;

/* With --http, as many copies of it as there can be ends of headers in a chunk. */
static char* responses;


struct conn
{
	int fd;
	char* rest;      /* what the socket did not take, or NULL */
	size_t offset;   /* of the first byte of rest still to be sent */
	size_t length;   /* of rest */
	size_t tail;     /* bytes of an end of a header that has been read in part */
};


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
 * Returns the number of headers that end in the chunk, which stands behind the
 * tail of the one before, and remembers how much of another end is there already.
 */
static size_t count_requests(struct conn* c, const char* chunk, size_t length)
{
	const char* begin = chunk - c->tail;
	const char* end = chunk + length;
	size_t requests = 0;
	const char* found;
	while ((found = memmem(begin, (size_t) (end - begin), "\r\n\r\n", MARK)))
	{
		requests++;
		begin = found + MARK;
	}
	c->tail = (size_t) (end - begin) < MARK - 1 ? (size_t) (end - begin) : MARK - 1;
	while (memcmp(end - c->tail, "\r\n\r\n", c->tail)) c->tail--;
	return requests;
}


/*
 * Answers until there is nothing more to read or the socket is full. While
 * it is full nothing is read: the client is throttled, and at most
 * the answer to one chunk is kept for it. Returns -1 when the connection is at its end.
 */
static int serve(struct conn* c, uint32_t events, char* buffer)
{
	char* chunk = buffer + MARK - 1;
	for (;;)
	{
		int flushed = flush_rest(c);
		if (flushed <= 0) return flushed;

		ssize_t n = recv(c->fd, chunk, CHUNK, 0);
		if (n == 0) return -1;
		if (n < 0)
		{
			if (errno == EINTR) continue;
			return errno == EAGAIN ? 0 : -1;
		}

		const char* answer = chunk;
		size_t length = (size_t) n;
		if (responses)
		{
			memcpy(chunk - c->tail, "\r\n\r\n", c->tail);
			answer = responses;
			length = count_requests(c, chunk, (size_t) n)*RESPONSE_LENGTH;
		}

		ssize_t sent = send_some(c->fd, answer, length);
		if (sent < 0) return -1;
		if ((size_t) sent < length)
		{
			c->length = length - (size_t) sent;
			c->offset = 0;
			c->rest = malloc(c->length);
			if (!c->rest) return -1;
			memcpy(c->rest, answer + sent, c->length);
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
	char buffer[MARK - 1 + CHUNK];
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
			else if (serve(c, events[i].events, buffer) < 0) drop(c);
		}
	}
	return NULL;
}


static void make_responses(void)
{
	const size_t most = (CHUNK + MARK - 1)/MARK;
	responses = malloc(most*RESPONSE_LENGTH);
	if (!responses) fail("malloc");
	for (size_t i = 0; i < most; i++) memcpy(responses + i*RESPONSE_LENGTH, RESPONSE, RESPONSE_LENGTH);
}


int main(int argc, char** argv)
{
	struct options options = parse_options(argc, argv, "epoll_server [--http] [--port=N] [--threads=N]");
	if (options.http) make_responses();
	run_loops(&options, loop);
	return 0;
}
