//
// ListenerGroup.cpp
//
// Library: EVNet
// Package: Server
// Module:  ListenerGroup
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "server/ListenerGroup.h"
#include "Poco/Error.h"
#include "Poco/Exception.h"
#include "Poco/Format.h"
#include "Poco/Net/NetException.h"
#include "Poco/Net/ServerSocketImpl.h"
#include "Poco/Net/SocketAddress.h"
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <utility>


using Poco::Net::ServerSocket;
using Poco::Net::ServerSocketImpl;
using Poco::Net::SocketAddress;


namespace Poco {
namespace EVNet {


namespace
{
	class ListenerImpl: public ServerSocketImpl
	{
	public:
		explicit ListenerImpl(int fd)
		{
			reset(fd);
		}
	};


	class Listener: public ServerSocket
		/// A socket made of a descriptor.
	{
	public:
		explicit Listener(FileDescriptor& fd):
			ServerSocket(new ListenerImpl(fd.get()), true)
		{
			fd.release();
		}
	};


	void throwError(const char* pWhat)
	{
		const int error = errno;
		throw Poco::Net::NetException(pWhat, Poco::Error::getMessage(error), error);
	}


	int descriptorOf(const ServerSocket& socket)
	{
		return socket.impl()->sockfd();
	}


	FileDescriptor newSocket(int family)
	{
		FileDescriptor fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
		if (fd.get() < 0) throwError("Cannot create a socket");
		return fd;
	}


	void setFlag(int fd, int option, bool flag)
	{
		const int value = flag ? 1 : 0;
		if (::setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)) != 0) throwError("Cannot set an option of a socket");
	}


	//
	// options
	//
	using Option = std::pair<int, int>; // level and number

	struct Value
	{
		int         error;
		std::string bytes;

		bool operator == (const Value& other) const
		{
			return error == other.error && bytes == other.bytes;
		}
	};

	using Values = std::map<Option, Value>;


	bool isCompared(const Option& option)
		/// Returns false for what differs between any two sockets, and for what the group sets itself.
	{
		const int level = option.first;
		const int number = option.second;
		if (level == SOL_SOCKET)
		{
			switch (number)
			{
			case SO_ERROR: // reading it clears it
			case SO_REUSEADDR:
			case SO_REUSEPORT:
			case SO_MEMINFO:
			case SO_INCOMING_NAPI_ID:
			case SO_COOKIE:
				return false;
			}
		}
		if (level == IPPROTO_TCP) return number != TCP_INFO && number != TCP_TIMESTAMP && number != TCP_CC_INFO;
		// Numbers from 64 on ask the packet filter; with IPv6, some of those from 64 to 69, and 80.
		if (level == IPPROTO_IP) return number < 64;
		if (level == IPPROTO_IPV6) return number < 64 || number == IPV6_TCLASS || (number >= 70 && number != 80);
		return true;
	}


	Values optionsOf(int fd, bool listening)
	{
		Values values;
		const int levels[] = {SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6};
		for (int level: levels)
		{
			for (int number = 1; number < 128; number++)
			{
				const Option option(level, number);
				if (!isCompared(option) || (!listening && option == Option(SOL_SOCKET, SO_ACCEPTCONN))) continue;
				// The length of a filter (SO_ATTACH_FILTER) counts instructions of 8 bytes.
				const socklen_t size = 256;
				char buffer[8*size] = {};
				socklen_t length = size;
				const int error = ::getsockopt(fd, level, number, buffer, &length) == 0 ? 0 : errno;
				values[option] = Value{error, error == 0 ? std::string(buffer, length) : std::string()};
			}
		}
		return values;
	}


	void setOption(int fd, const Option& option, const Value& value)
		/// Does not report a failure: compare() finds it.
	{
		if (value.error != 0 || option == Option(SOL_SOCKET, SO_ATTACH_FILTER)) return;
		std::string bytes = value.bytes;
		if ((option == Option(SOL_SOCKET, SO_SNDBUF) || option == Option(SOL_SOCKET, SO_RCVBUF)) && bytes.size() == sizeof(int))
		{
			// the system doubles what it is told
			int size;
			std::memcpy(&size, bytes.data(), sizeof(size));
			size /= 2;
			std::memcpy(&bytes[0], &size, sizeof(size));
		}
		::setsockopt(fd, option.first, option.second, bytes.data(), static_cast<socklen_t>(bytes.size()));
	}


	void compare(const Values& wanted, const Values& values)
	{
		for (const auto& item: wanted)
		{
			const auto it = values.find(item.first);
			if (it != values.end() && !(it->second == item.second))
				throw Poco::IOException(Poco::format("acceptPolicy: the listening socket has an option (level %d, number %d) that "
					"cannot be copied for ACCEPT_REUSE_PORT", item.first.first, item.first.second));
		}
	}


	FileDescriptor boundLike(const ServerSocket& socket)
		/// Returns a socket that is bound to the same address, and shares it.
	{
		const SocketAddress address = socket.address();
		FileDescriptor fd = newSocket(address.af());
		const Values wanted = optionsOf(descriptorOf(socket), false);
		const Values values = optionsOf(fd.get(), false);
		for (const auto& item: wanted)
		{
			const auto it = values.find(item.first);
			if (!(it->second == item.second)) setOption(fd.get(), item.first, item.second);
		}
		setFlag(fd.get(), SO_REUSEADDR, true);
		setFlag(fd.get(), SO_REUSEPORT, true);
		if (::bind(fd.get(), address.addr(), address.length()) != 0) throwError("Cannot share the address of the listening socket");
		return fd;
	}


	bool bindElsewhere(const SocketAddress& address)
		/// Binds a socket without SO_REUSEPORT to the same port, but to an address that nobody has, of the other family, and closes
		/// it again. From then on, Linux does not assume that all sockets of the port share it, and
		/// looks at each.
	{
		if (address.af() != AF_INET) return false;
		FileDescriptor fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
		const int on = 1;
		const int freeBind = 78; // IPV6_FREEBIND
		if (fd.get() < 0 || ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) return false;
		if (::setsockopt(fd.get(), IPPROTO_IPV6, freeBind, &on, sizeof(on)) != 0) return false;
		struct sockaddr_in6 nobody = sockaddr_in6();
		nobody.sin6_family = AF_INET6;
		nobody.sin6_port = htons(address.port());
		::inet_pton(AF_INET6, "100::e4e7", &nobody.sin6_addr); // for discarding, RFC 6666
		return ::bind(fd.get(), reinterpret_cast<const struct sockaddr*>(&nobody), sizeof(nobody)) == 0;
	}
}


ListenerGroup::ListenerGroup():
	_shared(true)
{
}


ListenerGroup::~ListenerGroup()
{
}


ServerSocket ListenerGroup::openExclusive(const SocketAddress& address)
{
	FileDescriptor fd = newSocket(address.af());
	ServerSocket socket = Listener(fd);
	socket.bind(address, true, false);
	socket.listen();
	return socket;
}


bool ListenerGroup::sharesPort(const ServerSocket& socket)
{
	int value = 0;
	socklen_t length = sizeof(value);
	return ::getsockopt(descriptorOf(socket), SOL_SOCKET, SO_REUSEPORT, &value, &length) == 0 && value != 0;
}


bool ListenerGroup::trySeal(const ServerSocket& socket)
{
	return bindElsewhere(socket.address());
}


void ListenerGroup::keepFromPrograms(const ServerSocket& socket)
{
	const int flags = ::fcntl(descriptorOf(socket), F_GETFD);
	if (flags >= 0) ::fcntl(descriptorOf(socket), F_SETFD, flags | FD_CLOEXEC);
}


std::vector<ServerSocket> ListenerGroup::copy(const ServerSocket& socket, int copies, int backlog)
{
	std::vector<ServerSocket> result;
	_shared = sharesPort(socket);
	_socket = socket;
	try
	{
		if (!_shared) setFlag(descriptorOf(socket), SO_REUSEPORT, true);
		const Values wanted = optionsOf(descriptorOf(socket), true);
		for (int i = 0; i < copies; i++)
		{
			FileDescriptor fd = boundLike(socket);
			ServerSocket listener = Listener(fd);
			listener.listen(backlog);
			compare(wanted, optionsOf(descriptorOf(listener), true));
			result.push_back(listener);
		}
		if (!_shared) seal();
	}
	catch (...)
	{
		result.clear();
		end(false);
		throw;
	}
	return result;
}


void ListenerGroup::seal()
{
	// Linux gives the port to a new socket with SO_REUSEPORT if all sockets bound to it have that option. Those that listen must
	// keep it, or Linux spreads no connections over them. So a guard without it is bound to the port, too, and does not listen.
	FileDescriptor guard = boundLike(_socket);
	setFlag(guard.get(), SO_REUSEPORT, false);
	setFlag(guard.get(), SO_REUSEADDR, false);
	_guard = std::move(guard);
	bindElsewhere(_socket.address());
}


void ListenerGroup::end(bool closesSocket)
{
	const int value = 0;
	const bool restores = !_shared && !closesSocket && _socket.impl()->initialized();
	if (restores) ::setsockopt(descriptorOf(_socket), SOL_SOCKET, SO_REUSEPORT, &value, sizeof(value));
	_shared = true;
	_socket = _none;
	_guard = FileDescriptor();
}


} } // namespace Poco::EVNet
