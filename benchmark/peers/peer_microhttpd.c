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
#include <microhttpd.h>


static struct MHD_Response* response;


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
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}


int main(int argc, char** argv)
{
	static char body[] = "Hello, World!";
	struct options options = parse_options(argc, argv, "peer_microhttpd [--port=N] [--threads=N]");

	response = MHD_create_response_from_buffer(sizeof body - 1, body, MHD_RESPMEM_PERSISTENT);
	if (!response || MHD_add_response_header(response, "Content-Type", "text/plain") != MHD_YES) fail("MHD_create_response_from_buffer");

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
