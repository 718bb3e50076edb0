//
// EVHTTPSKeepAliveServer.cpp
//
// This sample demonstrates the EVHTTPServer class with TLS.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Certificate.h"
#include "SampleApplication.h"
#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include "Poco/Net/Context.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerRequestImpl.h"
#include "Poco/Net/HTTPServerResponse.h"
#include "Poco/Net/SecureServerSocket.h"
#include "Poco/Net/SecureStreamSocket.h"
#include "Poco/Net/X509Certificate.h"
#include <openssl/ssl.h>
#include <iostream>
#include <memory>
#include <string>


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVHTTPServerParams;
using Poco::Net::Context;
using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPRequestHandlerFactory;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;
using Poco::Net::SecureServerSocket;
using Poco::Net::SecureStreamSocket;
using Poco::Timespan;


class SecureHandler: public HTTPRequestHandler
	/// Tells the client who it is, and how it is connected.
{
public:
	void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override
	{
		SecureStreamSocket socket(static_cast<HTTPServerRequestImpl&>(request).socket());
		response.setContentType("text/plain");
		response.setChunkedTransferEncoding(true); // or the connection would end with the response
		std::ostream& ostr = response.send();
		ostr << "Hello, " << request.clientAddress().toString() << (request.secure() ? ", over TLS\n" : "\n");
		ostr << "session resumed: " << (socket.sessionWasReused() ? "yes" : "no") << "\n";
		if (socket.havePeerCertificate()) ostr << "your certificate: " << socket.peerCertificate().subjectName() << "\n";
	}
};


class SecureHandlerFactory: public HTTPRequestHandlerFactory
{
public:
	HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override
	{
		return new SecureHandler;
	}
};


class EVHTTPSKeepAliveServer: public SampleApplication
	/// The main application class.
	///
	/// Makes itself a certificate, which no client trusts, unless EVHTTPSKeepAliveServer.properties names another one. To
	/// test it: curl --insecure https://localhost:9943/, or openssl s_client -connect localhost:9943.
{
public:
	EVHTTPSKeepAliveServer():
		SampleApplication("EVHTTPSKeepAliveServer",
			"A secure web server for any number of persistent connections with a few threads.", 9943),
		_pParams(new EVHTTPServerParams)
	{
	}

protected:
	void readOptions() override
	{
		setUpParams(*_pParams, *_pParams);
		_pParams->setMaxQueued(number("maxQueued", 100000, 1, 1000000));
		_pParams->setKeepAliveTimeout(Timespan(number("keepAliveTimeout", 300, 1, 86400), 0));
		_pParams->setTimeout(Timespan(number("timeout", 60, 1, 86400), 0));
	}

	void serve() override
	{
		SecureServerSocket socket(port(), _pParams->getAcceptBacklog(), context());
		EVHTTPServer srv(new SecureHandlerFactory, socket, _pParams);
		srv.start();
		std::cout << "EVHTTPSKeepAliveServer: https://127.0.0.1:" << srv.port() << "/ (" << srv.params().getMaxThreads() << " threads, "
			<< srv.statistics().loops << " loops, " << policyName() << ")" << std::endl;
		waitForEnd();
		drain(srv);
	}

private:
	Context::Ptr context()
	{
		std::string certificate = config().getString("EVHTTPSKeepAliveServer.certificate", "");
		std::string key = config().getString("EVHTTPSKeepAliveServer.privateKey", certificate);
		if (certificate.empty())
		{
			_pCertificate.reset(new Certificate);
			certificate = _pCertificate->path();
			key = _pCertificate->keyPath();
		}
		const Context::VerificationMode verify = flag("verifyClient") ? Context::VERIFY_STRICT : Context::VERIFY_NONE;
		Context::Ptr pContext = new Context(Context::TLS_SERVER_USE, key, certificate,
			config().getString("EVHTTPSKeepAliveServer.authorities", ""), verify, 9, true);
		// An idle connection needs no buffers. Poco leaves it to the application to say so.
		SSL_CTX_set_mode(pContext->sslContext(), SSL_MODE_RELEASE_BUFFERS);
		pContext->enableSessionCache(true, "EVHTTPSKeepAliveServer");
		return pContext;
	}

	EVHTTPServerParams::Ptr _pParams;
	std::unique_ptr<Certificate> _pCertificate;
};


int main(int argc, char** argv)
{
	EVHTTPSKeepAliveServer app;
	return app.run(argc, argv);
}
