//
// ServerModel.h
//
// The interface of all models, and what they are told.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ServerModel_INCLUDED
#define ServerModel_INCLUDED


#include "Conversation.h"
#include "Signals.h"
#include "Work.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/Timespan.h"
#include "Poco/Types.h"
#include <memory>
#include <string>
#include <vector>


struct ModelOptions
	/// What a model is told.
{
	explicit ModelOptions(const std::string& description):
		work(description)
	{
	}

	Conversation::Protocol protocol = Conversation::HTTP;
	Poco::Net::SocketAddress address;
		/// To listen at; port 0 for any free one.
	int workers = 0;
		/// Threads, processes or event loops, whatever there are several of. 0: as many as the model thinks fit.
	int connections = 0;
		/// Open at once, at most. Further clients wait until one of them is closed.
	Poco::Timespan timeout;
		/// A connection on which nothing moves for so long is closed.
	Work work;

	int workersOr(int number) const
		/// Returns the number of workers, or the given one if nothing has been said.
	{
		return workers > 0 ? workers : number;
	}
};


class ServerModel
	/// A way to serve many clients.
{
public:
	virtual ~ServerModel() = default;

	virtual Poco::UInt16 port() const = 0;
		/// Returns the port that the server listens on since it has been started.

	virtual void start() = 0;
		/// Begins to serve, and returns. From now on clients can connect.

	virtual void serve(Signals& signals);
		/// Returns when the process is told to end. Models that fork do so meanwhile.

	virtual void stop() = 0;
		/// Ends all connections, threads and processes. What is under way may be cut off; for servers
		/// that finish it first see EVTCPServer::drain().
};


struct ModelEntry
	/// A line of the list of models.
{
	const char* name;
	const char* description;
	std::unique_ptr<ServerModel> (*create)(const ModelOptions& options);
		/// The options must live as long as the model.
};


const std::vector<ModelEntry>& serverModels();
	/// Returns all models.


//
// Each is in the file of its name.
//
std::unique_ptr<ServerModel> createSequential(const ModelOptions& options);
std::unique_ptr<ServerModel> createFork(const ModelOptions& options);
std::unique_ptr<ServerModel> createPrefork(const ModelOptions& options);
std::unique_ptr<ServerModel> createThread(const ModelOptions& options);
std::unique_ptr<ServerModel> createPrethread(const ModelOptions& options);
std::unique_ptr<ServerModel> createSelect(const ModelOptions& options);
std::unique_ptr<ServerModel> createEpollLevel(const ModelOptions& options);
std::unique_ptr<ServerModel> createEpollEdge(const ModelOptions& options);
std::unique_ptr<ServerModel> createLoopPerConnection(const ModelOptions& options);
std::unique_ptr<ServerModel> createLoopPerWorker(const ModelOptions& options);
std::unique_ptr<ServerModel> createReusePort(const ModelOptions& options);
std::unique_ptr<ServerModel> createMultiProcessLoops(const ModelOptions& options);
std::unique_ptr<ServerModel> createLeaderFollower(const ModelOptions& options);
std::unique_ptr<ServerModel> createEVNetDedicated(const ModelOptions& options);
std::unique_ptr<ServerModel> createEVNetInline(const ModelOptions& options);
std::unique_ptr<ServerModel> createEVNetAdaptive(const ModelOptions& options);


#endif // ServerModel_INCLUDED
