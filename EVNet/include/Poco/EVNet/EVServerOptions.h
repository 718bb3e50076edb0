//
// EVServerOptions.h
//
// Library: EVNet
// Package: Core
// Module:  EVServerOptions
//
// Definition of the EVServerOptions class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVServerOptions_INCLUDED
#define EVNet_EVServerOptions_INCLUDED


#include "Poco/EVNet/EVServerPolicies.h"
#include "Poco/Timespan.h"
#include "Poco/Types.h"
#include <cstddef>
#include <string>


namespace Poco {
namespace EVNet {


class EVNet_API EVServerOptions: public EVServerPolicies
	/// The options that an EVTCPServer or EVHTTPServer knows beyond those of Poco::Net::TCPServerParams and HTTPServerParams.
	///
	/// EVTCPServerParams and EVHTTPServerParams carry them. A server that is given plain TCPServerParams or HTTPServerParams uses the
	/// defaults documented here. Options are read once, by the constructor of the server. Setting them later has no effect on that
	/// server. The class does no locking.
	///
	/// Every setter throws a Poco::InvalidArgumentException, which names the option and what it takes, if the value is none of that.
{
public:
	enum
		/// The largest values that options take.
	{
		MAX_EVENT_LOOPS    = 1024,
			/// Event loops: far more than one for each processor core of any machine that EVNet is for.
		MAX_CAPACITY       = 1 << 22,
			/// Connections: what fits into their identifiers.
		MAX_BUFFERED_BYTES = 1 << 30
			/// Bytes of one connection.
	};

	EVServerOptions();
		/// Creates the EVServerOptions with the default values.

	virtual ~EVServerOptions();
		/// Destroys the EVServerOptions.

	void setEventLoops(int count);
		/// Sets the number of event loops, 0 to 1024. The default is 0: one loop for each processor that the process may use (the
		/// affinity mask of the thread that creates the server, and the CPU quota of the control group, rounded up), but not more than
		/// there are threads for requests (maxThreads), nor than the pool has free threads for when the server is started. Besides the
		/// threads that run requests, each loop needs one thread of the pool.

	int getEventLoops() const { return _eventLoops; }
		/// Returns the number of event loops, 0 for the default.

	static ExecutionPolicy executionPolicy(const std::string& name);
		/// Returns the policy called "adaptive", "dedicated" or "inline", or throws a Poco::InvalidArgumentException. Any thread.

	static AcceptPolicy acceptPolicy(const std::string& name);
		/// Returns the policy called "auto", "reuseport" or "roundrobin", or throws a Poco::InvalidArgumentException. Any thread.

	void setExecutionPolicy(ExecutionPolicy policy);
		/// Sets who runs a request. The default is EXECUTE_ADAPTIVE.

	ExecutionPolicy getExecutionPolicy() const { return _executionPolicy; }
		/// Returns the execution policy.

	void setAcceptPolicy(AcceptPolicy policy);
		/// Sets how connections reach the loops. The default is ACCEPT_AUTO.

	AcceptPolicy getAcceptPolicy() const { return _acceptPolicy; }
		/// Returns the accept policy.

	void setBackend(Backend backend);
		/// Sets the interface that libev uses. The default is BACKEND_AUTO. The constructor of the server throws a
		/// Poco::NotImplementedException if the system or the libev at hand has no such backend.

	Backend getBackend() const { return _backend; }
		/// Returns the libev backend.

	void setDispatchPolicy(DispatchPolicy policy);
		/// Sets when plain TCPServerConnections are given a thread. The default is DISPATCH_ON_ACCEPT.

	DispatchPolicy getDispatchPolicy() const { return _dispatchPolicy; }
		/// Returns the dispatch policy.

	void setCapacity(int connections);
		/// Sets the number of connections that may be open at once, up to MAX_CAPACITY. At capacity, the server stops accepting until
		/// one is closed; clients wait in the listen backlog meanwhile. The default is 0: what the process's descriptor limit
		/// (RLIMIT_NOFILE) allows when the server is created, less a sixteenth (at least 16) that is left for files and handlers.

	int getCapacity() const { return _capacity; }
		/// Returns the capacity, 0 for the default.

	void setCloseIdleAtCapacity(bool flag);
		/// If flag is true, a server at capacity closes the connection that has been idle for the longest time, of those in the loop
		/// that accepts, to make room for a new one. Needs an idle timeout. The default is false.

	bool getCloseIdleAtCapacity() const { return _closeIdleAtCapacity; }
		/// Returns true if idle connections are closed at capacity.

	void setMaxConnectionsPerAddress(int connections);
		/// Sets how many connections one client address may have open; for IPv6, one network of 64 bits. Further ones are closed as soon
		/// as they are accepted. The default is 0, no limit: many clients may share an address behind a proxy.

	int getMaxConnectionsPerAddress() const { return _maxConnectionsPerAddress; }
		/// Returns the limit of connections per client address, 0 for none.

	void setAcceptBacklog(int backlog);
		/// Sets the length of the listen backlog, at least 1. The default is 4096; the system may limit it further (net.core.somaxconn
		/// on Linux).

	int getAcceptBacklog() const { return _acceptBacklog; }
		/// Returns the length of the listen backlog.

	void setFirstRequestTimeout(const Poco::Timespan& timeout);
		/// Sets how long a new connection may wait before its first request begins. The clock starts when the connection is accepted.
		/// The default is 0: the same as idleTimeout. EVHTTPServer uses HTTPServerParams::getTimeout() instead.

	const Poco::Timespan& getFirstRequestTimeout() const { return _firstRequestTimeout; }
		/// Returns the first request timeout.

	void setIdleTimeout(const Poco::Timespan& timeout);
		/// Sets how long a connection may stay without a request. The clock starts when a request is finished. The default is 0, no
		/// limit. EVHTTPServer uses HTTPServerParams::getKeepAliveTimeout() instead.

	const Poco::Timespan& getIdleTimeout() const { return _idleTimeout; }
		/// Returns the idle timeout.

	void setRequestTimeout(const Poco::Timespan& timeout);
		/// Sets how long a request may take to arrive. The clock starts with its first byte and ends when it is complete. Of an HTTP
		/// request, the header has to be complete by then; a body may take longer at getMinDataRate(). The default is 60 seconds; 0
		/// means no limit. EVHTTPServer uses HTTPServerParams::getTimeout() instead.

	const Poco::Timespan& getRequestTimeout() const { return _requestTimeout; }
		/// Returns the request timeout.

	void setSendTimeout(const Poco::Timespan& timeout);
		/// Sets how long a client that does not take its output at getMinDataRate() is waited for. The clock starts when the first byte
		/// has to wait, and anew whenever it has run out and the client has been fast enough. The default is 60 seconds; 0 means no
		/// limit. EVHTTPServer uses HTTPServerParams::getTimeout() instead.

	const Poco::Timespan& getSendTimeout() const { return _sendTimeout; }
		/// Returns the send timeout.

	void setMinDataRate(int bytesPerSecond);
		/// Sets how fast a client must send the body of a request and take a response, at least: how many bytes a second, on average
		/// over each period of requestTimeout or sendTimeout. A slower client is disconnected, lest a few bytes now and then hold
		/// memory, and threads that wait for more, for ever. The default is 256. With 0, a single byte in each period will do.

	int getMinDataRate() const { return _minDataRate; }
		/// Returns the minimum data rate in bytes per second.

	void setHandlerTimeout(const Poco::Timespan& timeout);
		/// Sets how long a request may wait and run before it is reported: counted by EVServerStatistics::overdue, and a
		/// Poco::TimeoutException is given to the Poco::ErrorHandler, once for each request, with its EVTCPServerConnection::nameRequest().
		/// No handler is interrupted. The clock starts when the request is complete. The default is 0: nothing is reported.

	const Poco::Timespan& getHandlerTimeout() const { return _handlerTimeout; }
		/// Returns the handler timeout.

	void setLingerTimeout(const Poco::Timespan& timeout);
		/// Sets how long a connection that the server has ended, but whose client may still be sending, is read from (and the bytes
		/// thrown away) so that the client sees the last response instead of a reset. A client that has not taken its last response, and
		/// takes it at getMinDataRate(), is waited for longer. The default is 2 seconds; 0 closes at once.

	const Poco::Timespan& getLingerTimeout() const { return _lingerTimeout; }
		/// Returns the linger timeout.

	void setStopTimeout(const Poco::Timespan& timeout);
		/// Sets how long stop() waits for the requests that are running. A request that takes longer goes on in the background, and what
		/// it needs is kept until it is done. The default is 5 seconds; 0 does not wait.

	const Poco::Timespan& getStopTimeout() const { return _stopTimeout; }
		/// Returns the stop timeout.

	void setMaxBufferedBytes(std::size_t bytes);
		/// Sets how many bytes of requests that are not finished the server reads ahead for one connection, 1024 to MAX_BUFFERED_BYTES
		/// (1 GiB). It is the size of the largest request that an EVTCPServerConnection can receive whole; EVHTTPServer hands over
		/// larger bodies when it has so many bytes, and the handler reads the rest, which keeps a thread for as long as the client takes
		/// (see setMinDataRate()). Raise it where such clients are many. The default is 64 KiB.

	std::size_t getMaxBufferedBytes() const { return _maxBufferedBytes; }
		/// Returns the limit of bytes read ahead for one connection.

	void setMaxTotalBufferedBytes(std::size_t bytes);
		/// Sets how many bytes the server reads ahead for all connections together, at least 64 KiB (any size_t beyond that). Where it
		/// is used up, connections wait with their bytes in the kernel, and EVHTTPServer hands over requests whose bodies are not
		/// complete: their handlers read the rest. A quarter is for requests of up to 8 KiB only, so that large bodies do not stop
		/// these. The default is 256 MiB.

	std::size_t getMaxTotalBufferedBytes() const { return _maxTotalBufferedBytes; }
		/// Returns the limit of bytes read ahead for all connections.

	void setMaxPendingOutput(std::size_t bytes);
		/// Sets how many bytes of output the server keeps for a connection whose client reads slower than its handler writes. The event
		/// loop sends them when the client is ready, without a thread. Past the limit the handler's thread waits. At most
		/// MAX_BUFFERED_BYTES (1 GiB). The default is 1 MiB.

	std::size_t getMaxPendingOutput() const { return _maxPendingOutput; }
		/// Returns the limit of output kept for one connection.

	void setMaxTotalPendingOutput(std::size_t bytes);
		/// Sets how much memory the server uses to keep output for all connections together. Where it is used up, 64 KiB are kept for
		/// each connection nevertheless (or maxPendingOutput, if that is less), and past that the handler's thread waits for the client,
		/// within sendTimeout and minDataRate. The default is 256 MiB.

	std::size_t getMaxTotalPendingOutput() const { return _maxTotalPendingOutput; }
		/// Returns the limit of memory for output of all connections.

private:
	int             _eventLoops;
	ExecutionPolicy _executionPolicy;
	AcceptPolicy    _acceptPolicy;
	Backend         _backend;
	DispatchPolicy  _dispatchPolicy;
	int             _capacity;
	bool            _closeIdleAtCapacity;
	int             _maxConnectionsPerAddress;
	int             _acceptBacklog;
	Poco::Timespan  _firstRequestTimeout;
	Poco::Timespan  _idleTimeout;
	Poco::Timespan  _requestTimeout;
	Poco::Timespan  _sendTimeout;
	int             _minDataRate;
	Poco::Timespan  _handlerTimeout;
	Poco::Timespan  _lingerTimeout;
	Poco::Timespan  _stopTimeout;
	std::size_t     _maxBufferedBytes;
	std::size_t     _maxTotalBufferedBytes;
	std::size_t     _maxPendingOutput;
	std::size_t     _maxTotalPendingOutput;
};


} } // namespace Poco::EVNet


#endif // EVNet_EVServerOptions_INCLUDED
