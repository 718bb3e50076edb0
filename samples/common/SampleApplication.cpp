//
// SampleApplication.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "SampleApplication.h"
#include "Poco/Exception.h"
#include "Poco/Format.h"
#include "Poco/Net/NetException.h"
#include "Poco/NumberParser.h"
#include "Poco/Util/HelpFormatter.h"
#include "Poco/Util/Option.h"
#include <cstdlib>
#include <iostream>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>


using Poco::EVNet::EVServerOptions;
using Poco::EVNet::EVSharedSocket;
using Poco::EVNet::EVTCPServer;
using Poco::Net::SocketAddress;
using Poco::Net::TCPServerParams;
using Poco::Util::Application;
using Poco::Util::HelpFormatter;
using Poco::Util::Option;
using Poco::Util::OptionSet;
using Poco::Util::ServerApplication;


SampleApplication::SampleApplication(const std::string& name, const std::string& description, int defaultPort):
	_name(name),
	_description(description),
	_defaultPort(defaultPort),
	_port(0),
	_helpRequested(false),
	_optionsParsed(false)
{
}


int SampleApplication::run(int argc, char** argv)
{
	_arguments.assign(argv + 1, argv + argc);
	int rc = ServerApplication::run(argc, argv);
	// an unknown option has already been reported, but as a configuration error
	if (!_optionsParsed)
	{
		std::cerr << _name << ": see --help for the options" << std::endl;
		rc = EXIT_USAGE;
	}
	return rc;
}


void SampleApplication::initialize(Application& self)
{
	_optionsParsed = true;
	loadConfiguration(); // load default configuration files, if present
	ServerApplication::initialize(self);
}


void SampleApplication::defineOptions(OptionSet& options)
{
	ServerApplication::defineOptions(options);

	options.addOption(
		Option("help", "h", "Display help information on command line arguments.")
			.required(false)
			.repeatable(false));

	addOption(options, "port", "p", "number", Poco::format("The port to listen on, 0 for any free one (default %d).", _defaultPort));
	addOption(options, "threads", "t", "number", "How many requests may run at once (default 4).");
	addOption(options, "loops", "l", "number", "The number of event loops, 0 for one per processor core (default 0).");
	addOption(options, "execution", "e", "policy", "Who runs requests: adaptive, dedicated or inline (default adaptive).");
	addOption(options, "capacity", "c", "number", "How many connections may be open at once, 0 for as many as the descriptor limit "
		"allows (default 0).");
}


void SampleApplication::addOption(OptionSet& options, const std::string& name, const std::string& letter, const std::string& argument,
	const std::string& description)
{
	options.addOption(
		Option(name, letter, description)
			.required(false)
			.repeatable(false)
			.argument(argument)
			.binding(key(name)));
}


void SampleApplication::handleOption(const std::string& name, const std::string& value)
{
	ServerApplication::handleOption(name, value);

	if (name == "help")
	{
		_helpRequested = true;
		stopOptionsProcessing();
	}
}


void SampleApplication::displayHelp()
{
	HelpFormatter helpFormatter(options());
	helpFormatter.setCommand(commandName());
	helpFormatter.setUsage("OPTIONS");
	helpFormatter.setHeader(_description);
	helpFormatter.setFooter(Poco::format("The options of the server can also be set in the file %s.properties (e.g., %s.port = %d); the "
		"command line takes precedence.", _name, _name, _defaultPort));
	helpFormatter.format(std::cout);
}


int SampleApplication::main(const std::vector<std::string>& args)
{
	if (_helpRequested)
	{
		displayHelp();
		return EXIT_OK;
	}

	try
	{
		if (!args.empty()) throw Poco::InvalidArgumentException("unexpected argument '" + args[0] + "'");
		_port = static_cast<Poco::UInt16>(number("port", _defaultPort, 0, 65535));
		readOptions();
	}
	catch (Poco::Exception& exc)
	{
		logger().error(_name + ": " + exc.message());
		return EXIT_USAGE;
	}

	// Before there is any other thread: all of them inherit the signal mask and read the
	// environment, and the capacity of a server depends on the limit.
	blockSignals();
	raiseDescriptorLimit();

	try
	{
		_sockets = EVSharedSocket::inherited();
		serve();
	}
	catch (Poco::Net::NetException& exc)
	{
		logger().error(Poco::format("%s: cannot listen on port %hu: %s (choose another one with --port)", _name, _port, exc.displayText()));
		return EXIT_UNAVAILABLE;
	}
	catch (Poco::Exception& exc)
	{
		logger().error(_name + ": " + exc.displayText());
		return EXIT_UNAVAILABLE;
	}
	return EXIT_OK;
}


std::string SampleApplication::key(const std::string& option) const
{
	return _name + "." + option;
}


int SampleApplication::number(const std::string& option, int defaultValue, int minimum, int maximum)
{
	if (!config().hasProperty(key(option))) return defaultValue;

	const std::string text = config().getString(key(option));
	int value = 0;
	if (!Poco::NumberParser::tryParse(text, value) || value < minimum || value > maximum)
		throw Poco::InvalidArgumentException(Poco::format("%s must be a number from %d to %d, not '%s'", option, minimum, maximum, text));
	return value;
}


bool SampleApplication::flag(const std::string& option)
{
	if (!config().hasProperty(key(option))) return false;

	const std::string text = config().getString(key(option));
	bool value = false;
	if (!Poco::NumberParser::tryParseBool(text, value))
		throw Poco::InvalidArgumentException(Poco::format("%s must be true or false, not '%s'", option, text));
	return value;
}


void SampleApplication::setUpParams(TCPServerParams& params, EVServerOptions& options)
{
	params.setMaxThreads(number("threads", 4, 1, 1024));
	options.setEventLoops(number("loops", 0, 0, 1024));
	options.setCapacity(number("capacity", 0, 0, 100*1000*1000));

	_policyName = config().getString(key("execution"), "adaptive");
	options.setExecutionPolicy(EVServerOptions::executionPolicy(_policyName));
}


void SampleApplication::raiseDescriptorLimit()
{
	// Each connection needs a descriptor. The usual soft limit of 1024 is there
	// for programs that use select(), this one does not.
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max)
	{
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit); // if refused, there is room for fewer connections
	}
}


namespace
{
	sigset_t handledSignals()
	{
		sigset_t signals;
		sigemptyset(&signals);
		if (!std::getenv("POCO_ENABLE_DEBUGGER")) sigaddset(&signals, SIGINT);
		sigaddset(&signals, SIGQUIT);
		sigaddset(&signals, SIGTERM);
		sigaddset(&signals, SIGUSR2);
		return signals;
	}
}


void SampleApplication::blockSignals()
{
	// They are for waitForEnd(). A signal that comes earlier, or a second one while the server stops, would
	// end the process in the middle of its work.
	const sigset_t signals = handledSignals();
	pthread_sigmask(SIG_BLOCK, &signals, 0);
}


const EVSharedSocket& SampleApplication::listeningSocket()
{
	if (_sockets.empty()) _sockets.push_back(EVSharedSocket(SocketAddress(_port)));
	return _sockets[0];
}


bool SampleApplication::waitForEnd()
{
	EVSharedSocket::ready();
	const sigset_t signals = handledSignals();
	int number = 0;
	do
	{
		sigwait(&signals, &number);
	}
	while (number == SIGUSR2 && !replace());
	return number == SIGUSR2;
}


void SampleApplication::waitForEnd(int seconds)
{
	sigset_t signals = handledSignals();
	sigdelset(&signals, SIGUSR2);
	struct timespec time = timespec();
	time.tv_sec = seconds;
	sigtimedwait(&signals, 0, &time);
}


void SampleApplication::drain(EVTCPServer& server)
{
	if (!server.drain(Poco::Timespan(DRAIN_SECONDS, 0))) logger().information(_name + ": some clients have been cut off");
}


bool SampleApplication::replace()
{
	if (_sockets.empty())
	{
		logger().error(_name + ": this process has no socket that it could hand over, so it cannot be replaced");
		return false;
	}
	std::vector<std::string> arguments;
	for (const std::string& argument: _arguments)
	{
		if (argument != "--daemon") arguments.push_back(argument); // it would not be our child, but it has no terminal already
	}
	try
	{
		EVSharedSocket::startSuccessor(_sockets, config().getString("application.path"), arguments);
		return true;
	}
	catch (Poco::Exception& exc)
	{
		// e.g. the new program does not like its configuration: no reason not to go on
		logger().error(_name + ": " + exc.displayText());
		return false;
	}
}
