//
// FuzzedCalls.cpp
//
// In place of the C library's, for libev and Poco too. Not the clock: libFuzzer itself needs that.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FuzzedServer.h"
#include <sys/socket.h>


extern "C"
{


int poll(struct pollfd* pDescriptors, nfds_t count, int timeout)
{
	return FuzzedCalls::poll(pDescriptors, count, timeout);
}


int epoll_wait(int fd, struct epoll_event* pEvents, int count, int timeout)
{
	return FuzzedCalls::epollWait(fd, pEvents, count, timeout);
}


ssize_t recv(int fd, void* pBuffer, std::size_t length, int flags)
{
	return FuzzedCalls::receive(fd, pBuffer, length, flags);
}


}
