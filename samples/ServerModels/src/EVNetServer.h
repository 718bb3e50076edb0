//
// EVNetServer.h
//
// The protocols, written with EVNet.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNetServer_INCLUDED
#define EVNetServer_INCLUDED


#include "Listener.h"
#include "ServerModel.h"
#include "Poco/EVNet/EVServerOptions.h"
#include "Poco/EVNet/EVTCPServer.h"


class EVNetServer
	/// An EVTCPServer that echoes, or an EVHTTPServer that answers as Conversation does. How requests are run and
	/// connections are dealt out is up to the model.
{
public:
	EVNetServer(const ModelOptions& options, const Listener& listener, int threads, const Poco::EVNet::EVServerOptions& serverOptions);
		/// So many threads run requests.

	void start();
	void stop();

private:
	std::unique_ptr<Poco::EVNet::EVTCPServer> _pServer;
};


class EVNetModel: public ServerModel
	/// A model that is an EVNetServer.
{
public:
	EVNetModel(const ModelOptions& options, int threads, const Poco::EVNet::EVServerOptions& serverOptions);

	Poco::UInt16 port() const override;
	void start() override;
	void stop() override;

private:
	Listener    _listener;
	EVNetServer _server;
};


#endif // EVNetServer_INCLUDED
