//
// SampleApplication.h
//
// Definition of the SampleApplication class: what the samples have in common.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef SampleApplication_INCLUDED
#define SampleApplication_INCLUDED


#include "Poco/EVNet/EVServerOptions.h"
#include "Poco/EVNet/EVSharedSocket.h"
#include "Poco/EVNet/EVTCPServer.h"
#include "Poco/Net/TCPServerParams.h"
#include "Poco/Util/OptionSet.h"
#include "Poco/Util/ServerApplication.h"
#include <string>
#include <vector>


class SampleApplication: public Poco::Util::ServerApplication
	/// The base class of the samples. It knows the options that each server has,
	/// on the command line (--threads=8) and in the properties file
	/// (NAME.threads = 8), of which the command line takes precedence.
	///
	/// SIGTERM and SIGINT end a sample when it has answered what it has received. SIGUSR2 replaces it by
	/// a new process, of the program file as it is then, without a client noticing: see replace().
{
public:
	SampleApplication(const std::string& name, const std::string& description, int defaultPort);

	int run(int argc, char** argv);
		/// Runs the sample. Returns EXIT_USAGE if an option makes no sense.

protected:
	using Poco::Util::ServerApplication::run;

	virtual void readOptions() = 0;
		/// Reads all options. Exceptions mean EXIT_USAGE.

	virtual void serve() = 0;
		/// Runs the server until termination is requested.
		/// Exceptions mean EXIT_UNAVAILABLE.

	int number(const std::string& option, int defaultValue, int minimum, int maximum);
		/// Returns the value of an option. Throws a Poco::InvalidArgumentException
		/// if it is not a number, or not in the range.

	bool flag(const std::string& option);
		/// Returns the value of an option that is either true or false.

	void setUpParams(Poco::Net::TCPServerParams& params, Poco::EVNet::EVServerOptions& options);
		/// Puts the options into the parameters of a server.

	Poco::UInt16 port() const;
		/// Returns the port to listen on.

	const Poco::EVNet::EVSharedSocket& listeningSocket();
		/// Returns the socket that has been inherited, from a predecessor or from systemd. If there is none, creates one
		/// at port(). Throws a Poco::Net::NetException if that is in use.

	bool waitForEnd();
		/// Tells the predecessor, if there is one, that the server has been started. Then waits for SIGTERM, SIGINT or
		/// SIGQUIT, or until a successor has taken over. Returns true if one has.

	static void waitForEnd(int seconds);
		/// Waits for so long, or until there is one more SIGTERM, SIGINT or SIGQUIT.

	void drain(Poco::EVNet::EVTCPServer& server);
		/// Ends the server: answers what has been received, for DRAIN_SECONDS at most.

	std::string policyName() const;
		/// Returns the name of the execution policy.

	// Application
	void initialize(Poco::Util::Application& self) override;
	void defineOptions(Poco::Util::OptionSet& options) override;
	void handleOption(const std::string& name, const std::string& value) override;
	int main(const std::vector<std::string>& args) override;

private:
	enum
	{
		DRAIN_SECONDS = 10
	};

	void displayHelp();
	bool replace();
	void addOption(Poco::Util::OptionSet& options, const std::string& name, const std::string& letter, const std::string& argument,
		const std::string& description);
	std::string key(const std::string& option) const;
	static void raiseDescriptorLimit();
	static void blockSignals();

	const std::string _name;
	const std::string _description;
	const int         _defaultPort;
	Poco::UInt16      _port;
	std::string       _policyName;
	bool              _helpRequested;
	bool              _optionsParsed;
	std::vector<std::string> _arguments;
	std::vector<Poco::EVNet::EVSharedSocket> _sockets;
};


//
// inlines
//
inline Poco::UInt16 SampleApplication::port() const
{
	return _port;
}


inline std::string SampleApplication::policyName() const
{
	return _policyName;
}


#endif // SampleApplication_INCLUDED
