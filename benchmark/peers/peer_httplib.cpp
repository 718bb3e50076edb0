//
// peer_httplib.cpp
//
// A peer of EVHTTPServer: cpp-httplib, which has a thread for each connection, from a pool.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "work.h"
#include <httplib.h>
#include <signal.h>
#include <unistd.h>
#include <cstdio>
#include <limits>
#include <string>


namespace
{
	httplib::Server server;

	void stop(int)
	{
		_exit(0);
	}
}


int main(int argc, char** argv)
{
	int port = 0;
	std::size_t threads = 16;
	const char* description = "hello";
	for (int i = 1; i < argc; i++)
	{
		const std::string arg(argv[i]);
		if (arg.rfind("--port=", 0) == 0) port = std::atoi(argv[i] + 7);
		else if (arg.rfind("--threads=", 0) == 0) threads = std::strtoul(argv[i] + 10, nullptr, 10);
		else if (arg.rfind("--work=", 0) == 0) description = argv[i] + 7;
		else
		{
			std::fputs("usage: peer_httplib [--port=N] [--threads=N] [--work=" WORK_USAGE "]\n", stderr);
			return 64;
		}
	}
	const struct work work = parse_work(description);

	signal(SIGTERM, stop);
	server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
	server.set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
	server.set_keep_alive_timeout(600);
	server.set_tcp_nodelay(true);
	server.Get(".*", [&work](const httplib::Request&, httplib::Response& response)
	{
		if (do_work(&work)) response.set_header("X-Slow", "1");
		response.set_content(work.body, work.size, "text/plain");
	});
	if (port == 0) port = server.bind_to_any_port("127.0.0.1");
	else if (!server.bind_to_port("127.0.0.1", port)) port = -1;
	if (port < 0)
	{
		std::perror("bind");
		return 1;
	}
	std::printf("listening %d\n", port);
	std::fflush(stdout);
	server.listen_after_bind();
	return 0;
}
