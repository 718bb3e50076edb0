//
// Requests.h
//
// Library: EVNet
// Package: Benchmark
// Module:  Requests
//
// The requests that are measured, those of LoadClient.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Benchmark_Requests_INCLUDED
#define Benchmark_Requests_INCLUDED


#include <string>


inline std::string getRequest(int fields)
	/// Returns a GET request with 1 header field, Host, or with the 10 of a browser.
{
	std::string request("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n");
	if (fields > 1)
	{
		request +=
			"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
			"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
			"Accept-Language: en-US,en;q=0.5\r\n"
			"Accept-Encoding: gzip, deflate, br\r\n"
			"Connection: keep-alive\r\n"
			"Cookie: session=4f1c9a7be2d84063b5a1f0c27d9e8365; theme=dark; lang=en; consent=analytics-no\r\n"
			"Upgrade-Insecure-Requests: 1\r\n"
			"Sec-Fetch-Dest: document\r\n"
			"Cache-Control: max-age=0\r\n";
	}
	return request + "\r\n";
}


#endif // Benchmark_Requests_INCLUDED
