//
// EVHTTPKeepAliveServer.cpp
//
// This sample demonstrates the EVHTTPServer class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "SampleApplication.h"
#include "Site.h"
#include "Statistics.h"
#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include "Poco/Net/HTTPServer.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/Timespan.h"
#include "Poco/Util/Option.h"
#include "Poco/Util/OptionSet.h"
#include <iostream>
#include <memory>
#include <string>


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVHTTPServerParams;
using Poco::Net::HTTPServer;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Timespan;
using Poco::Util::Option;
using Poco::Util::OptionSet;


class EVHTTPKeepAliveServer: public SampleApplication
	/// The main application class.
	///
	/// Start the EVHTTPKeepAliveServer executable with the help option (--help)
	/// for the available command line options. All of them can be set in the configuration file
	/// (EVHTTPKeepAliveServer.properties), too, which is looked for in the directory where the executable resides.
	///
	/// To test the EVHTTPKeepAliveServer you can use any web browser (http://localhost:9980/). To
	/// see the difference to Poco::Net::HTTPServer, open more connections than there are threads,
	/// with and without --classic. To see it replaced without a client noticing, send SIGUSR2 (kill -USR2).
{
public:
	EVHTTPKeepAliveServer():
		SampleApplication("EVHTTPKeepAliveServer", "A web server for any number of persistent connections with a few threads.", 9980),
		_pParams(new EVHTTPServerParams),
		_pStatistics(std::make_shared<Statistics>()),
		_leaveDelay(0),
		_classic(false),
		_reusePort(false)
	{
	}

protected:
	void defineOptions(OptionSet& options) override
	{
		SampleApplication::defineOptions(options);

		options.addOption(
			Option("classic", "", "Use Poco::Net::HTTPServer, with the same threads and request handlers, to compare. Loops, execution "
				"and capacity do not apply to it.")
				.required(false)
				.repeatable(false));

		options.addOption(
			Option("reusePort", "", "Share the port with other processes that are started with this option; the system deals connections "
				"out to them. A process cannot be replaced by SIGUSR2 then.")
				.required(false)
				.repeatable(false));

		options.addOption(
			Option("leaveDelay", "", "How long to go on, after SIGTERM, with /health saying 503, so that a load balancer takes its "
				"requests elsewhere before the server drains (default 0).")
				.required(false)
				.repeatable(false)
				.argument("seconds")
				.binding("EVHTTPKeepAliveServer.leaveDelay"));
	}

	void handleOption(const std::string& name, const std::string& value) override
	{
		SampleApplication::handleOption(name, value);

		if (name == "classic")
			config().setBool("EVHTTPKeepAliveServer.classic", true);
		else if (name == "reusePort")
			config().setBool("EVHTTPKeepAliveServer.reusePort", true);
	}

	void readOptions() override
	{
		setUpParams(*_pParams, *_pParams);
		_pParams->setMaxQueued(number("maxQueued", 100000, 1, 1000000));
		_pParams->setKeepAliveTimeout(Timespan(number("keepAliveTimeout", 300, 1, 86400), 0));
		_pParams->setTimeout(Timespan(number("timeout", 60, 1, 86400), 0));
		_pParams->setSoftwareVersion("EVHTTPKeepAliveServer");
		_leaveDelay = number("leaveDelay", 0, 0, 3600);
		_classic = flag("classic");
		_reusePort = flag("reusePort");
	}

	void serve() override
	{
		if (_classic)
		{
			ServerSocket svs(SocketAddress(port()), _pParams->getAcceptBacklog());
			HTTPServer srv(new SiteFactory(_pStatistics), svs, _pParams);
			serve(srv);
		}
		else
		{
			EVHTTPServer srv(new SiteFactory(_pStatistics), serverSocket(), _pParams);
			serve(srv);
		}
	}

private:
	template <class Server>
	void serve(Server& srv)
	{
		_pStatistics->attach(srv);
		srv.start();
		std::cout
			<< "EVHTTPKeepAliveServer: http://127.0.0.1:" << srv.port()
			<< "/ (" << srv.params().getMaxThreads() << " threads, " << describe(srv) << ")"
			<< std::endl;
		// wait for CTRL-C or kill, or for a successor, which nobody has to be told of
		const bool replaced = waitForEnd();
		if (!replaced && _leaveDelay > 0)
		{
			_pStatistics->leave();
			waitForEnd(_leaveDelay);
		}
		end(srv);
		_pStatistics->detach();
	}

	ServerSocket serverSocket()
	{
		if (!_reusePort) return listeningSocket();

		ServerSocket socket;
		socket.bind(SocketAddress(port()), true, true);
		socket.listen(_pParams->getAcceptBacklog());
		return socket;
	}

	void end(EVHTTPServer& srv)
	{
		// A large download to a slow client is cut when the time is up.
		drain(srv);
	}

	void end(HTTPServer& srv)
	{
		// Abort current requests: it has no limit for the time.
		srv.stopAll(true);
	}

	std::string describe(const EVHTTPServer& srv) const
	{
		return std::to_string(srv.statistics().loops) + " loops, " + policyName();
	}

	std::string describe(const HTTPServer&) const
	{
		return "classic";
	}

	EVHTTPServerParams::Ptr _pParams;
	Statistics::Ptr _pStatistics;
	int  _leaveDelay;
	bool _classic;
	bool _reusePort;
};


int main(int argc, char** argv)
{
	EVHTTPKeepAliveServer app;
	return app.run(argc, argv);
}
