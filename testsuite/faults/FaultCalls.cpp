//
// FaultCalls.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultInjector
//
// What fails, and with what. The functions that do are in FaultInjector.cpp.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FaultInjector.h"
#include <cerrno>


namespace
{
	using Errors = std::vector<FaultInjector::Error>;

	#define E(name) {name, #name}

	struct CallInfo
	{
		const char* pName;
		Errors errors;
	};

	const CallInfo& infoOf(FaultInjector::Call call)
	{
		static const CallInfo infos[FaultInjector::CALLS] =
		{
			{"accept", {E(EINTR), E(EAGAIN), E(ECONNABORTED), E(EMFILE), E(ENOMEM), E(EPERM), E(EPROTO), E(EIO)}},
			{"recv", {E(EINTR), E(EAGAIN), E(ECONNRESET), E(ETIMEDOUT), E(ENOMEM), E(EIO)}},
			{"send", {E(EINTR), E(EAGAIN), E(ECONNRESET), E(EPIPE), E(ENOBUFS), E(EIO)}},
			{"sendmsg", {E(EINTR), E(EAGAIN), E(ECONNRESET), E(EPIPE), E(ENOBUFS), E(EIO)}},
			{"sendfile", {E(EINTR), E(EAGAIN), E(EPIPE), E(EIO), E(EINVAL), E(ENOSYS), E(ENOMEM)}},
			{"read", {E(EINTR), E(EAGAIN), E(ECONNRESET), E(ENETDOWN), E(ENOMEM), E(EIO)}},
			{"write", {E(EINTR), E(EAGAIN), E(ECONNRESET), E(EPIPE), E(ENOBUFS), E(EIO)}},
			{"pread", {E(EINTR), E(EAGAIN), E(EIO), E(EISDIR), E(EINVAL), E(ESPIPE)}},
			{"lseek", {E(EINVAL), E(ESPIPE), E(EOVERFLOW), E(EBADF), E(ENXIO), E(EIO)}},
			{"open", {E(EINTR), E(EMFILE), E(ENFILE), E(EACCES), E(ENOENT), E(ENOMEM), E(EIO)}},
			{"stat", {E(EIO), E(ENOMEM), E(EACCES), E(EOVERFLOW), E(ENOENT), E(EBADF)}},
			{"close", {E(EINTR), E(EIO), E(ENOSPC), E(EDQUOT), E(EBADF), E(ENOMEM)}},
			{"fcntl", {E(EINTR), E(ENOMEM), E(EINVAL), E(EPERM), E(EMFILE), E(EBADF)}},
			{"ioctl", {E(EINTR), E(EINVAL), E(ENOTTY), E(EBADF), E(EIO), E(ENOMEM)}},
			{"poll", {E(EINTR), E(EAGAIN), E(ENOMEM), E(EINVAL), E(EIO), E(EPERM)}},
			{"epoll_ctl", {E(EINTR), E(ENOSPC), E(ENOMEM), E(ENFILE), E(EMFILE), E(EIO)}},
			{"epoll_wait", {E(EINTR)}},
			{"epoll_create", {E(EMFILE), E(ENFILE), E(ENOMEM), E(EINVAL), E(EPERM), E(ENOSYS)}},
			{"eventfd", {E(EMFILE), E(ENFILE), E(ENODEV), E(ENOMEM), E(EPERM), E(ENOSYS)}},
			{"pipe", {E(EINTR)}},
			{"socket", {E(EMFILE), E(ENFILE), E(ENOBUFS), E(ENOMEM), E(EACCES), E(EAFNOSUPPORT)}},
			{"bind", {E(EADDRINUSE), E(EACCES), E(EADDRNOTAVAIL), E(EINVAL), E(ENOMEM), E(EIO)}},
			{"listen", {E(EADDRINUSE), E(EACCES), E(ENOBUFS), E(EINVAL), E(EOPNOTSUPP), E(EIO)}},
			{"shutdown", {E(ENOTCONN), E(EINVAL), E(EBADF), E(ENOTSOCK), E(EIO), E(ENOMEM)}},
			{"setsockopt", {E(EINVAL), E(ENOPROTOOPT), E(EPERM), E(ENOMEM), E(ENOBUFS), E(EIO)}},
			{"getsockopt", {E(EINVAL), E(ENOPROTOOPT), E(EPERM), E(ENOMEM), E(ENOBUFS), E(EIO)}},
			{"getsockname", {E(ENOTCONN), E(EINVAL), E(ENOBUFS), E(EBADF), E(ENOMEM), E(EIO)}},
			{"getpeername", {E(ENOTCONN), E(EINVAL), E(ENOBUFS), E(EBADF), E(ENOMEM), E(EIO)}},
			{"pthread_create", {E(EAGAIN), E(ENOMEM), E(EPERM), E(EINVAL), E(EINTR), E(EIO)}},
			{"new", {{ENOMEM, "bad_alloc"}}},
			{"openssl_malloc", {{ENOMEM, "null"}}},
		};
		return infos[call];
	}

	#undef E
}


const char* FaultInjector::nameOf(Call call)
{
	return infoOf(call).pName;
}


const std::vector<FaultInjector::Error>& FaultInjector::errorsOf(Call call)
{
	return infoOf(call).errors;
}


bool FaultInjector::mayLast(const Error& error)
{
	return error.number != EINTR && error.number != EAGAIN;
}


bool FaultInjector::mustLast(Call call, const Error& error)
{
	return call == CALL_WRITE && (error.number == ECONNRESET || error.number == EPIPE);
}


std::string FaultInjector::textOf(const Fault& fault)
{
	const std::string error = errorsOf(fault.call)[static_cast<std::size_t>(fault.error)].pName;
	return std::string(nameOf(fault.call)) + " " + std::to_string(fault.n) + " " + error + (fault.lasts ? " lasting" : "");
}
