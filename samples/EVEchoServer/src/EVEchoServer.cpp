//
// EVEchoServer.cpp
//
// This sample demonstrates the EVTCPServer and EVTCPServerConnection classes.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "SampleApplication.h"
#include "Poco/EVNet/EVFraming.h"
#include "Poco/EVNet/EVTCPServer.h"
#include "Poco/EVNet/EVTCPServerConnection.h"
#include "Poco/EVNet/EVTCPServerParams.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/Timespan.h"
#include <iostream>
#include <string>


using Poco::EVNet::EVFraming;
using Poco::EVNet::EVTCPServer;
using Poco::EVNet::EVTCPServerConnection;
using Poco::EVNet::EVTCPServerParams;
using Poco::Net::StreamSocket;
using Poco::Net::TCPServerConnectionFactoryImpl;
using Poco::Timespan;


class EchoConnection: public EVTCPServerConnection
	/// Sends each line back. The line "count" is answered with the number of lines
	/// sent back so far, the line "quit" ends the connection.
{
public:
	enum
	{
		MAX_LINE_LENGTH = 4096
	};

	explicit EchoConnection(const StreamSocket& socket):
		EVTCPServerConnection(socket),
		_lines(0)
	{
	}

	void run() override
		/// Handles one line. While the client thinks about the next one, the connection has no thread.
		/// But there is still this object, which keeps the count.
	{
		std::string line(requestData(), requestLength());
		while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back(); // telnet sends CR LF

		if (line == "quit")
		{
			closeConnection();
		}
		else if (line == "count")
		{
			const std::string answer = std::to_string(_lines) + "\r\n";
			socket().sendBytes(answer.data(), static_cast<int>(answer.size()));
		}
		else
		{
			socket().sendBytes(requestData(), static_cast<int>(requestLength()));
			_lines++;
		}
	}

protected:
	std::ptrdiff_t frame(const char* pData, std::size_t length) override
	{
		return EVFraming::line(pData, length, MAX_LINE_LENGTH);
	}

private:
	Poco::UInt64 _lines;
};


class EVEchoServer: public SampleApplication
	/// The main application class.
	///
	/// Start the EVEchoServer executable with the help option (--help)
	/// for the available command line options. All of them can be set in the configuration file
	/// (EVEchoServer.properties), too, which is looked for in the directory where the executable resides.
	///
	/// To test the EVEchoServer you can use any telnet client (telnet localhost 5555).
{
public:
	EVEchoServer():
		SampleApplication("EVEchoServer", "A server that sends each line back, for any number of connections with a few threads.", 5555),
		_pParams(new EVTCPServerParams)
	{
	}

protected:
	void readOptions() override
	{
		setUpParams(*_pParams, *_pParams);
		// A client that sends lines but does not read the answers finally blocks run(). That must
		// not last longer than stop() waits for running requests.
		_pParams->setSendTimeout(Timespan(4, 0));
	}

	void serve() override
	{
		EVTCPServer srv(new TCPServerConnectionFactoryImpl<EchoConnection>, listeningSocket(), _pParams);
		srv.start();
		std::cout
			<< "EVEchoServer: 127.0.0.1:" << srv.port()
			<< " (" << srv.maxThreads() << " threads, " << srv.statistics().loops << " loops, " << policyName() << ")"
			<< std::endl;
		// wait for CTRL-C or kill
		waitForEnd();
		drain(srv);
	}

private:
	EVTCPServerParams::Ptr _pParams;
};


int main(int argc, char** argv)
{
	EVEchoServer app;
	return app.run(argc, argv);
}
