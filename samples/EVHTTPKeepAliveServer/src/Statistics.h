//
// Statistics.h
//
// Definition of the Statistics class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Statistics_INCLUDED
#define Statistics_INCLUDED


#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/Mutex.h"
#include "Poco/Net/HTTPServer.h"
#include "Poco/Types.h"
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>


class Statistics
	/// The numbers of the running server, for the pages that show them.
	///
	/// The request handlers exist before the server does, and may outlive it while it stops. So
	/// they refer to this object instead.
	/// All methods may be called from any thread.
{
public:
	using Ptr = std::shared_ptr<Statistics>;

	struct Item
	{
		const char*  name;
		Poco::UInt64 value;
		const char*  description;
	};

	struct Snapshot
	{
		std::string       server;
			/// The name of the class of the server.
		std::vector<Item> numbers;
		std::vector<Item> closed;
			/// The number of closed connections by reason, if the server counts them.
	};

	void attach(const Poco::EVNet::EVHTTPServer& server);
		/// Makes the server the one whose numbers are shown.

	void attach(const Poco::Net::HTTPServer& server);
		/// Makes the server the one whose numbers are shown.

	void detach();
		/// Must be called before the server is destroyed.

	void leave();
		/// The server is going to end: nobody should send it more than it has.

	bool leaving() const;
		/// Returns true if the server is going to end.

	Snapshot snapshot() const;
		/// Returns the current numbers; none if there is no server.

	std::string metrics() const;
		/// Returns the current numbers for Prometheus; nothing if there is no server, or
		/// if it is a Poco::Net::HTTPServer.

private:
	std::atomic<bool>            _leaving{false};
	std::function<Snapshot()>    _source;
	std::function<std::string()> _metricsSource;
	mutable Poco::FastMutex      _mutex;
};


//
// inlines
//
inline void Statistics::leave()
{
	_leaving = true;
}


inline bool Statistics::leaving() const
{
	return _leaving;
}


#endif // Statistics_INCLUDED
