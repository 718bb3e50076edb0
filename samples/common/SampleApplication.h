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
#include "Poco/Net/TCPServerParams.h"
#include "Poco/Util/OptionSet.h"
#include "Poco/Util/ServerApplication.h"
#include <string>
#include <vector>


class SampleApplication: public Poco::Util::ServerApplication
	/// The base class of the samples. It knows the options that each server has,
	/// on the command line (--threads=8) and in the properties file
	/// (NAME.threads = 8), of which the command line takes precedence.
{
public:
	SampleApplication(const std::string& name, const std::string& description, int defaultPort);

	int run(int argc, char** argv);
		/// Runs the sample. Returns EXIT_USAGE if an option makes no sense.

protected:
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

	std::string policyName() const;
		/// Returns the name of the execution policy.

	// Application
	void initialize(Poco::Util::Application& self) override;
	void defineOptions(Poco::Util::OptionSet& options) override;
	void handleOption(const std::string& name, const std::string& value) override;
	int main(const std::vector<std::string>& args) override;

private:
	void displayHelp();
	void addOption(Poco::Util::OptionSet& options, const std::string& name, const std::string& letter, const std::string& argument, const std::string& description);
	std::string key(const std::string& option) const;
	static void raiseDescriptorLimit();
	static void blockTerminationSignals();

	const std::string _name;
	const std::string _description;
	const int         _defaultPort;
	Poco::UInt16      _port;
	std::string       _policyName;
	bool              _helpRequested;
	bool              _optionsParsed;
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
