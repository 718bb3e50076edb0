/*
 * peer_evhttp.c
 *
 * A peer of EVHTTPServer: libevent's evhttp, one event_base and one
 * SO_REUSEPORT listener for each thread, without locks, because nothing is shared.
 *
 * Copyright (c) 2026, EVNet Contributors.
 *
 * SPDX-License-Identifier:	BSL-1.0
 */


#include "../reference/server.h"
#include "work.h"
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>


static struct work work;


static void answer(struct evhttp_request* request, void* context)
{
	/* One for all requests of the thread; sending empties it. */
	struct evbuffer* body = context;
	if (do_work(&work)) evhttp_add_header(evhttp_request_get_output_headers(request), "X-Slow", "1");
	evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/plain");
	evbuffer_add_reference(body, work.body, work.size, NULL, NULL);
	evhttp_send_reply(request, HTTP_OK, "OK", body);
}


static void* loop(void* arg)
{
	int listener = *(int*) arg;

	struct event_config* config = event_config_new();
	if (!config) fail("event_config_new");
	/* Used by one thread; and changes to what is watched are made together. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
	struct event_base* base = event_base_new_with_config(config);
	event_config_free(config);
	struct evhttp* http = base ? evhttp_new(base) : NULL;
	struct evbuffer* body = evbuffer_new();
	if (!http || !body) fail("evhttp_new");

	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET);
	evhttp_set_timeout(http, 600);
	evhttp_set_gencb(http, answer, body);
	if (evhttp_accept_socket(http, listener)) fail("evhttp_accept_socket");
	event_base_dispatch(base);
	return NULL;
}


int main(int argc, char** argv)
{
	struct options options = parse_options(argc, argv, "peer_evhttp [--port=N] [--threads=N] [--work=" WORK_USAGE "]");
	work = parse_work(options.work);
	run_loops(&options, loop);
	return 0;
}
