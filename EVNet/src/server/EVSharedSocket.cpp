//
// EVSharedSocket.cpp
//
// Library: EVNet
// Package: Server
// Module:  EVSharedSocket
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVSharedSocket.h"
#include "server/Successor.h"
#include "Poco/Exception.h"
#include "Poco/Format.h"
#include "Poco/Net/ServerSocketImpl.h"
#include "Poco/NumberParser.h"
#include "Poco/StringTokenizer.h"
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>


using Poco::Net::ServerSocketImpl;
using Poco::Net::SocketAddress;


namespace Poco {
namespace EVNet {


namespace
{
	const int MAX_SOCKETS = 1024;

	std::atomic<bool> inheritedTaken(false);
	std::atomic<int>  readyFD(-1);


	class SharedSocketImpl: public ServerSocketImpl
		/// Makes a shared socket known as such wherever it is passed to, and keeps its name.
	{
	public:
		explicit SharedSocketImpl(const std::string& name):
			_name(name)
		{
		}

		SharedSocketImpl(int fd, const std::string& name):
			_name(name)
		{
			reset(fd);
		}

		const std::string& name() const
		{
			return _name;
		}

	private:
		const std::string _name;
	};


	std::string variable(const char* name)
	{
		const char* pValue = std::getenv(name);
		return pValue ? pValue : "";
	}


	int numberIn(const char* name, int minimum, int maximum)
	{
		const std::string text = variable(name);
		int value = 0;
		if (!Poco::NumberParser::tryParse(text, value) || value < minimum || value > maximum)
			throw Poco::InvalidArgumentException(
				Poco::format("%s must be a number from %d to %d, not '%s'", std::string(name), minimum, maximum, text));
		return value;
	}


	std::vector<std::string> names(int count)
	{
		if (!std::getenv("LISTEN_FDNAMES")) return std::vector<std::string>(static_cast<std::size_t>(count), "unknown");

		const Poco::StringTokenizer tokens(variable("LISTEN_FDNAMES"), ":");
		std::vector<std::string> result(tokens.begin(), tokens.end());
		if (count == 1 && result.empty()) result.push_back("");
		if (static_cast<int>(result.size()) != count)
			throw Poco::InvalidArgumentException(
				Poco::format("LISTEN_FDNAMES has %z names for the %d descriptors of LISTEN_FDS", result.size(), count));
		return result;
	}


	int socketOption(int fd, int option)
	{
		int value = 0;
		socklen_t length = sizeof(value);
		return ::getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
	}


	void checkListening(int fd, const std::string& name)
	{
		const char* pWrong = nullptr;
		const int family = socketOption(fd, SO_DOMAIN);
		if (::fcntl(fd, F_GETFD) < 0) pWrong = "is not open";
		else if (family < 0) pWrong = "is not a socket";
		else if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) pWrong = "is neither a TCP nor a Unix domain socket";
		else if (socketOption(fd, SO_TYPE) != SOCK_STREAM) pWrong = "is not a stream socket";
		else if (socketOption(fd, SO_ACCEPTCONN) != 1) pWrong = "is not listening";
		if (pWrong) throw Poco::InvalidArgumentException(Poco::format("LISTEN_FDS: descriptor %d (%s) %s", fd, name, std::string(pWrong)));
	}


	void keepFromPrograms(int fd)
	{
		if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
			throw Poco::InvalidArgumentException(Poco::format("LISTEN_FDS: descriptor %d is not open", fd));
	}


	void takeReadyDescriptor(int expected)
	{
		if (!std::getenv(Successor::READY_FD)) return;
		const int fd = numberIn(Successor::READY_FD, expected, expected);
		keepFromPrograms(fd);
		readyFD = fd;
	}
}


EVSharedSocket::EVSharedSocket(const SocketAddress& address, int backlog):
	ServerSocket(new SharedSocketImpl("unknown"), true)
{
	if (address.family() == SocketAddress::IPv6) bind6(address, true, false, false);
	else bind(address, address.family() != SocketAddress::UNIX_LOCAL, false);
	keepFromPrograms(impl()->sockfd());
	listen(backlog);
}


EVSharedSocket::EVSharedSocket(int fd, const std::string& name):
	ServerSocket(new SharedSocketImpl(fd, name), true)
{
}


EVSharedSocket::EVSharedSocket(const EVSharedSocket& socket):
	ServerSocket(socket)
{
}


EVSharedSocket::~EVSharedSocket()
{
}


EVSharedSocket& EVSharedSocket::operator = (const EVSharedSocket& socket)
{
	ServerSocket::operator = (socket);
	return *this;
}


const std::string& EVSharedSocket::name() const
{
	return static_cast<const SharedSocketImpl*>(impl())->name();
}


std::vector<EVSharedSocket> EVSharedSocket::inherited(bool unsetEnvironment)
{
	std::vector<EVSharedSocket> sockets;
	// The variables are inherited even by processes that are not given the descriptors.
	if (inheritedTaken || variable("LISTEN_PID") != std::to_string(::getpid())) return sockets;

	const int count = numberIn("LISTEN_FDS", 0, MAX_SOCKETS);
	const std::vector<std::string> socketNames = names(count);
	for (int i = 0; i < count; i++) checkListening(Successor::FIRST_DESCRIPTOR + i, socketNames[static_cast<std::size_t>(i)]);
	takeReadyDescriptor(Successor::FIRST_DESCRIPTOR + count);
	inheritedTaken = true;
	for (int i = 0; i < count; i++)
	{
		const int fd = Successor::FIRST_DESCRIPTOR + i;
		keepFromPrograms(fd);
		sockets.push_back(EVSharedSocket(fd, socketNames[static_cast<std::size_t>(i)]));
	}
	if (unsetEnvironment)
	{
		for (const char* name: {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID", Successor::READY_FD}) ::unsetenv(name);
	}
	return sockets;
}


Poco::Process::PID EVSharedSocket::startSuccessor(const std::vector<EVSharedSocket>& sockets, const std::string& command,
	const std::vector<std::string>& args, const Poco::Timespan& timeout)
{
	std::vector<int> descriptors;
	std::vector<std::string> socketNames;
	for (const EVSharedSocket& socket: sockets)
	{
		descriptors.push_back(socket.impl()->sockfd());
		socketNames.push_back(socket.name());
	}
	return Successor(descriptors, socketNames, command, args).start(timeout);
}


bool EVSharedSocket::ready()
{
	const int fd = readyFD.exchange(-1);
	if (fd < 0) return false;
	const int noError = 0;
	ssize_t n;
	do
	{
		n = ::send(fd, &noError, sizeof(noError), MSG_NOSIGNAL);
	}
	while (n < 0 && errno == EINTR);
	::close(fd);
	return n == static_cast<ssize_t>(sizeof(noError));
}


bool EVSharedSocket::isShared(const ServerSocket& socket)
{
	return dynamic_cast<const SharedSocketImpl*>(socket.impl()) != nullptr;
}


} } // namespace Poco::EVNet
