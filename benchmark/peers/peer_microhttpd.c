/*
 * peer_microhttpd.c
 *
 * A peer of EVHTTPServer: GNU libmicrohttpd in the mode that is its fastest, a
 * pool of threads that each wait with epoll, reading and writing without
 * waiting first (turbo). The response is made once.
 *
 * Copyright (c) 2026, EVNet Contributors.
 *
 * SPDX-License-Identifier:	BSL-1.0
 */


#include "../reference/server.h"
#include "work.h"
#include <microhttpd.h>


static struct work work;
static struct MHD_Response* responses[2]; /* of usual and of slow requests */


/* Called twice for a request: when its header is there, and when all of it is. */
static enum MHD_Result answer(void* context, struct MHD_Connection* connection, const char* url, const char* method,
	const char* version, const char* data, size_t* size, void** request)
{
	static int seen;
	(void) context; (void) url; (void) method; (void) version; (void) data; (void) size;
	if (!*request)
	{
		*request = &seen;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, responses[do_work(&work)]);
}


int main(int argc, char** argv)
{
	struct options options = parse_options(argc, argv, "peer_microhttpd [--port=N] [--threads=N] [--work=" WORK_USAGE "]");
	work = parse_work(options.work);

	for (int slow = 0; slow < 2; slow++)
	{
		responses[slow] = MHD_create_response_from_buffer(work.size, (void*) work.body, MHD_RESPMEM_PERSISTENT);
		if (!responses[slow] || MHD_add_response_header(responses[slow], "Content-Type", "text/plain") != MHD_YES)
			fail("MHD_create_response_from_buffer");
	}
	if (MHD_add_response_header(responses[1], "X-Slow", "1") != MHD_YES) fail("MHD_add_response_header");

	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit)) fail("getrlimit");
	int listener = listen_on(&options.port);
	/* A pool is for two threads and more. */
	struct MHD_Daemon* daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, 0, NULL, NULL, answer, NULL,
		MHD_OPTION_LISTEN_SOCKET, listener,
		MHD_OPTION_THREAD_POOL_SIZE, options.threads > 1 ? (unsigned) options.threads : 0u,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned) limit.rlim_cur - 64,
		MHD_OPTION_CONNECTION_TIMEOUT, 0u,
		MHD_OPTION_END);
	if (!daemon) fail("MHD_start_daemon");
	announce(options.port);
	for (;;) pause();
}
