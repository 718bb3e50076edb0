//
// ServerModels.cpp
//
// The classic models of servers, each as a small program that serves the same protocols.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ServerModel.h"
#include "Poco/Exception.h"
#include "Poco/Format.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/NumberParser.h"
#include "Poco/Util/Application.h"
#include "Poco/Util/HelpFormatter.h"
#include "Poco/Util/Option.h"
#include "Poco/Util/OptionSet.h"
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <sys/resource.h>


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Util::Application;
using Poco::Util::HelpFormatter;
using Poco::Util::Option;
using Poco::Util::OptionSet;


class ServerModels: public Application
	/// The main application class.
	///
	/// Start the ServerModels executable with the help option (--help) for the available command line options,
	/// or with --list for the models. Listens on the loopback interface only: this is to be looked at and measured, and lets
	/// everybody wait for ten minutes.
{
public:
	int runWith(int argc, char** argv)
	{
		try
		{
			init(argc, argv);
		}
		catch (Poco::Exception& exc)
		{
			std::cerr << "ServerModels: " << exc.displayText() << " (see --help)" << std::endl;
			return EXIT_USAGE;
		}
		return run();
	}

protected:
	void initialize(Application& self) override
	{
		loadConfiguration();
		Application::initialize(self);
	}

	void defineOptions(OptionSet& options) override
	{
		Application::defineOptions(options);
		addOption(options, "help", "h", "", "Display help information on command line arguments.");
		addOption(options, "list", "l", "", "List the models, one a line.");
		addOption(options, "model", "m", "name", "The model, one of those listed by --list.");
		addOption(options, "port", "p", "number", "The port to listen on, 0 for any free one, which is printed (default 0).");
		addOption(options, "protocol", "P", "name", "http or echo (default http).");
		addOption(options, "workers", "w", "number",
			"Threads, processes or loops, whatever the model has several of (default 0, what it thinks fit).");
		addOption(options, "work", "W", "work", "What a request costs: hello, sleep:MS, cpu:US (processor time), mixed:ONE_IN:MS "
			"(one in so many sleeps), bytes:N (of an HTTP answer) (default hello).");
		addOption(options, "connections", "c", "number",
			"Connections that may be open at once, 0 for what the limit of descriptors allows (default 0).");
		addOption(options, "timeout", "t", "seconds", "After which a connection is closed on which nothing moves (default 600).");
	}

	void handleOption(const std::string& name, const std::string& value) override
	{
		Application::handleOption(name, value);
		if (name == "help" || name == "list")
		{
			_wanted = name;
			stopOptionsProcessing();
		}
	}

	int main(const std::vector<std::string>& args) override
	{
		if (_wanted == "help") return displayHelp();
		if (_wanted == "list") return displayList();
		try
		{
			if (!args.empty()) throw Poco::InvalidArgumentException("unexpected argument", args[0]);
			raiseDescriptorLimit();
			const ModelEntry& entry = model(text("model", ""));
			ModelOptions options(text("work", "hello"));
			readOptions(options);
			return serve(entry, options);
		}
		catch (Poco::InvalidArgumentException& exc)
		{
			std::cerr << "ServerModels: " << exc.message() << std::endl;
			return EXIT_USAGE;
		}
		catch (Poco::Exception& exc)
		{
			std::cerr << "ServerModels: " << exc.displayText() << std::endl;
			return EXIT_UNAVAILABLE;
		}
	}

private:
	int serve(const ModelEntry& entry, const ModelOptions& options)
	{
		// The models share a port among sockets of their own, so it would not be noticed if another program has it.
		if (options.address.port() != 0) ServerSocket().bind(options.address, true, false);

		Signals signals; // before there are threads, which inherit what is blocked
		const std::unique_ptr<ServerModel> pModel = entry.create(options);
		pModel->start();
		std::cout << "listening " << pModel->port() << std::endl;
		pModel->serve(signals);
		pModel->stop();
		printCost();
		return EXIT_OK;
	}

	static void printCost()
		/// Prints the processor time of the program and, for the models that fork, of all its children.
	{
		double milliseconds = 0;
		for (int who: {RUSAGE_SELF, RUSAGE_CHILDREN})
		{
			struct rusage usage;
			if (getrusage(who, &usage) != 0) continue;
			for (const struct timeval& time: {usage.ru_utime, usage.ru_stime})
				milliseconds += static_cast<double>(time.tv_sec)*1e3 + static_cast<double>(time.tv_usec)/1e3;
		}
		std::cout << "cpu_ms " << std::fixed << std::setprecision(3) << milliseconds << std::endl;
	}

	static const ModelEntry& model(const std::string& name)
	{
		for (const ModelEntry& entry: serverModels())
		{
			if (entry.name == name) return entry;
		}
		if (name.empty()) throw Poco::InvalidArgumentException("--model is missing; --list shows all models");
		throw Poco::InvalidArgumentException("there is no model '" + name + "'; --list shows all of them");
	}

	void readOptions(ModelOptions& options)
	{
		const std::string protocol = text("protocol", "http");
		if (protocol != "http" && protocol != "echo")
			throw Poco::InvalidArgumentException("protocol must be http or echo, not '" + protocol + "'");
		options.protocol = protocol == "http" ? Conversation::HTTP : Conversation::ECHO;
		options.address = SocketAddress("127.0.0.1", static_cast<Poco::UInt16>(number("port", 0, 0, 65535)));
		options.workers = number("workers", 0, 0, 1024);
		options.connections = number("connections", 0, 0, 1000*1000);
		if (options.connections == 0) options.connections = defaultConnections();
		options.timeout = Poco::Timespan(number("timeout", 600, 1, 24*3600), 0);
	}

	std::string text(const std::string& option, const std::string& defaultValue)
	{
		return config().getString(key(option), defaultValue);
	}

	int number(const std::string& option, int defaultValue, int minimum, int maximum)
	{
		const std::string value = text(option, std::to_string(defaultValue));
		int result = 0;
		if (!Poco::NumberParser::tryParse(value, result) || result < minimum || result > maximum)
			throw Poco::InvalidArgumentException(Poco::format("%s must be a number from %d to %d, not '%s'", option, minimum, maximum,
				value));
		return result;
	}

	static std::string key(const std::string& option)
	{
		return "ServerModels." + option;
	}

	void addOption(OptionSet& options, const std::string& name, const std::string& letter, const std::string& argument,
		const std::string& description)
	{
		Option option(name, letter, description);
		if (!argument.empty()) option.argument(argument).binding(key(name));
		options.addOption(option);
	}

	int displayHelp()
	{
		HelpFormatter helpFormatter(options());
		helpFormatter.setCommand(commandName());
		helpFormatter.setUsage("--model=NAME OPTIONS");
		helpFormatter.setHeader("The classic models of servers, which all serve the same protocols: echo, and HTTP (POST /echo returns "
			"its body). Serves on the loopback interface until SIGTERM or SIGINT.");
		helpFormatter.format(std::cout);
		return EXIT_OK;
	}

	static int displayList()
	{
		for (const ModelEntry& entry: serverModels())
			std::cout << std::left << std::setw(20) << entry.name << ' ' << entry.description << '\n';
		return EXIT_OK;
	}

	static void raiseDescriptorLimit()
	{
		// The usual soft limit is there for programs that use select(). The model that does looks after itself.
		struct rlimit limit;
		if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max)
		{
			limit.rlim_cur = limit.rlim_max;
			setrlimit(RLIMIT_NOFILE, &limit);
		}
	}

	static int defaultConnections()
		/// Returns what the limit of descriptors allows, less some for loops and files.
	{
		struct rlimit limit;
		const rlim_t most = 20000; // there are models that allocate them in advance
		if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1000;
		const rlim_t descriptors = std::min(limit.rlim_cur, most);
		return static_cast<int>(descriptors - std::min(descriptors - 1, std::max<rlim_t>(descriptors/16, 16)));
	}

	std::string _wanted;
};


int main(int argc, char** argv)
{
	ServerModels app;
	return app.runWith(argc, argv);
}
