//
// TestSupport.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "TestSupport.h"
#include <algorithm>
#include <dirent.h>


ErrorCollector::ErrorCollector():
	_poco(0),
	_std(0),
	_other(0),
	_pPrevious(Poco::ErrorHandler::set(this))
{
}


ErrorCollector::~ErrorCollector()
{
	Poco::ErrorHandler::set(_pPrevious);
}


void ErrorCollector::exception(const Poco::Exception& exc)
{
	note(exc.displayText());
	++_poco;
}


void ErrorCollector::exception(const std::exception& exc)
{
	note(exc.what());
	++_std;
}


void ErrorCollector::exception()
{
	note("unknown exception");
	++_other;
}


std::string ErrorCollector::text() const
{
	std::lock_guard<std::mutex> lock(_mutex);
	return _text;
}


void ErrorCollector::note(const std::string& text)
{
	std::lock_guard<std::mutex> lock(_mutex);
	_text += text + "\n";
}


StreamSocket connectTo(const Poco::Net::SocketAddress& address)
{
	StreamSocket socket;
	socket.connect(address, Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	socket.setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	socket.setSendTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	return socket;
}


StreamSocket connectTo(const EVTCPServer& server)
{
	StreamSocket socket = connectTo(Poco::Net::SocketAddress("127.0.0.1", server.port()));
	socket.setNoDelay(true);
	return socket;
}


void sendAll(StreamSocket& socket, const std::string& data)
{
	std::size_t sent = 0;
	while (sent < data.size())
	{
		int n = socket.sendBytes(data.data() + sent, static_cast<int>(data.size() - sent));
		if (n <= 0) throw Poco::TimeoutException("sendBytes");
		sent += static_cast<std::size_t>(n);
	}
}


std::string receiveSome(StreamSocket& socket, std::size_t atMost)
{
	std::string data(atMost, '\0');
	int n = socket.receiveBytes(&data[0], static_cast<int>(atMost));
	data.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
	return data;
}


std::string receive(StreamSocket& socket, std::size_t length)
{
	std::string data;
	while (data.size() < length)
	{
		std::string more = receiveSome(socket, std::min<std::size_t>(length - data.size(), 65536));
		if (more.empty()) break;
		data += more;
	}
	return data;
}


std::string receiveLine(StreamSocket& socket)
{
	std::string line;
	for (std::string c = receive(socket, 1); !c.empty() && c != "\n"; c = receive(socket, 1)) line += c;
	return line;
}


std::string receiveToEnd(StreamSocket& socket)
{
	std::string data;
	for (std::string more = receiveSome(socket); !more.empty(); more = receiveSome(socket)) data += more;
	return data;
}


bool isClosed(StreamSocket& socket)
{
	try
	{
		receiveToEnd(socket);
	}
	catch (Poco::TimeoutException&)
	{
		return false;
	}
	catch (Poco::Net::NetException&)
	{
		// reset
	}
	catch (Poco::IOException&)
	{
	}
	return true;
}


std::string exchange(StreamSocket& socket, const std::string& data)
{
	sendAll(socket, data);
	return receive(socket, data.size());
}


void resetConnection(StreamSocket& socket)
{
	socket.setLinger(true, 0);
	socket.close();
}


std::ptrdiff_t frameLines(const char* pData, std::size_t length)
{
	for (std::size_t i = 0; i < length; i++)
	{
		if (pData[i] == '\n') return static_cast<std::ptrdiff_t>(i + 1);
	}
	return EVTCPServerConnection::FRAME_INCOMPLETE;
}


void echo(ServedConnection& connection)
{
	connection.reply(connection.request());
}


EVTCPServerParams::Ptr serverParams(int threads, int loops, EVServerOptions::ExecutionPolicy policy)
{
	EVTCPServerParams::Ptr pParams = new EVTCPServerParams;
	if (threads > 0) pParams->setMaxThreads(threads);
	pParams->setEventLoops(loops);
	pParams->setExecutionPolicy(policy);
	return pParams;
}


bool balances(const EVTCPServer& server)
{
	return waitFor([&] { return balances(server.statistics()); });
}


Poco::UInt64 closed(const EVTCPServer& server, EVServerStatistics::CloseReason reason)
{
	return server.statistics().closed[reason];
}


bool isClosedBecause(const EVTCPServer& server, EVServerStatistics::CloseReason reason, Poco::UInt64 count)
{
	waitFor([&] { return server.statistics().closes() >= count; });
	const EVServerStatistics statistics = server.statistics();
	return statistics.closed[reason] == count && statistics.closes() == count;
}


bool allAccountedFor(const EVTCPServer& server)
{
	return waitFor([&]
	{
		const EVServerStatistics statistics = server.statistics();
		return statistics.open == 0 && statistics.running == 0 && statistics.queued == 0 && statistics.accepted + statistics.adopted == statistics.closes();
	}, DEADLINE/4);
}


int openDescriptors()
{
	int count = 0;
	DIR* pDirectory = ::opendir("/proc/self/fd");
	while (::readdir(pDirectory)) count++;
	::closedir(pDirectory);
	return count;
}
