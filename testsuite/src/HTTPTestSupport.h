//
// HTTPTestSupport.h
//
// What the tests of the HTTP server have in common: request handlers
// that are functions, and clients.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HTTPTestSupport_INCLUDED
#define HTTPTestSupport_INCLUDED


#include "TestSupport.h"
#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/Net/HTTPClientSession.h"
#include "Poco/Net/HTTPRequest.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/HTTPResponse.h"
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerRequestImpl.h"
#include "Poco/Net/HTTPServerResponse.h"
#include "Poco/StreamCopier.h"
#include <cstdlib>
#include <memory>
#include <sstream>


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVHTTPServerParams;
using Poco::Net::HTTPClientSession;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;


//
// servers
//
using HandlerFactoryPtr = Poco::Net::HTTPRequestHandlerFactory::Ptr;


class FunctionHandler: public Poco::Net::HTTPRequestHandler
	/// A request handler that calls a function.
{
public:
	using Handle = std::function<void(HTTPServerRequest&, HTTPServerResponse&)>;

	explicit FunctionHandler(const Handle& handle):
		_handle(handle)
	{
	}

	void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override
	{
		_handle(request, response);
	}

private:
	Handle _handle;
};


class FunctionHandlerFactory: public Poco::Net::HTTPRequestHandlerFactory
	/// Creates request handlers by calling a function.
{
public:
	using Create = std::function<Poco::Net::HTTPRequestHandler*(const HTTPServerRequest&)>;

	explicit FunctionHandlerFactory(const Create& create):
		_create(create)
	{
	}

	Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest& request) override
	{
		return _create(request);
	}

private:
	Create _create;
};


inline HandlerFactoryPtr serveHTTP(const FunctionHandler::Handle& handle)
	/// Returns a factory for handlers that call the given function.
{
	return new FunctionHandlerFactory([handle](const HTTPServerRequest&) { return new FunctionHandler(handle); });
}


inline void answer(HTTPServerResponse& response, const std::string& body)
{
	response.setContentLength64(static_cast<Poco::Int64>(body.size()));
	response.send() << body;
}


inline std::string bodyOf(HTTPServerRequest& request)
{
	std::string body;
	Poco::StreamCopier::copyToString(request.stream(), body);
	return body;
}


inline void answerURI(HTTPServerRequest& request, HTTPServerResponse& response)
	/// The usual handler: says which request it has got.
{
	answer(response, request.getURI());
}


inline void answerBody(HTTPServerRequest& request, HTTPServerResponse& response)
	/// The usual handler for requests with a body: sends it back.
{
	answer(response, bodyOf(request));
}


inline StreamSocket detachSocket(HTTPServerRequest& request)
{
	return static_cast<Poco::Net::HTTPServerRequestImpl&>(request).detachSocket();
}


inline EVHTTPServerParams::Ptr httpParams(int threads = 2, int loops = 0, EVServerOptions::ExecutionPolicy policy = EVServerOptions::EXECUTE_ADAPTIVE)
{
	EVHTTPServerParams::Ptr pParams = new EVHTTPServerParams;
	pParams->setMaxThreads(threads);
	pParams->setEventLoops(loops);
	pParams->setExecutionPolicy(policy);
	pParams->setMaxKeepAliveRequests(0);
	pParams->setTimeout(Poco::Timespan(60, 0));
	pParams->setKeepAliveTimeout(Poco::Timespan(60, 0));
	return pParams;
}


const std::size_t SMALL_BUFFER = 1024;


inline EVHTTPServerParams::Ptr smallBuffers()
	/// The handler is called when SMALL_BUFFER bytes of a request have arrived.
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxBufferedBytes(SMALL_BUFFER);
	return pParams;
}


inline bool isClosedOnce(const EVTCPServer& server)
	/// Waits until the server has closed its only connection so far.
{
	return waitFor([&] { return server.statistics().closes() > 0; }) && server.statistics().closes() == 1;
}


//
// clients
//
struct Answer
{
	bool         complete = false;   /// neither header nor body has been cut off
	int          status = 0;
	HTTPResponse header;
	std::string  body;

	std::string field(const std::string& name) const
	{
		return header.get(name, "");
	}

	bool isOK(const std::string& expected) const
	{
		return complete && status == 200 && body == expected;
	}

	bool saysClose() const
	{
		return !header.getKeepAlive();
	}
};


class RawClient
	/// An HTTP client for which every byte sent is the test's own.
{
public:
	explicit RawClient(const EVTCPServer& server):
		_socket(connectTo(server))
	{
	}

	explicit RawClient(const Poco::Net::SocketAddress& address):
		_socket(connectTo(address))
	{
	}

	explicit RawClient(const StreamSocket& socket):
		_socket(socket)
	{
	}

	StreamSocket& socket()
	{
		return _socket;
	}

	void send(const std::string& bytes)
	{
		sendAll(_socket, bytes);
	}

	void get(const std::string& uri, const std::string& fields = "")
	{
		send("GET " + uri + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n");
	}

	void post(const std::string& uri, const std::string& body, const std::string& fields = "")
	{
		send("POST " + uri + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body);
	}

	Answer receiveAnswer(bool toHead = false)
		/// Returns the next response.
	{
		Answer answer;
		std::string::size_type end;
		while ((end = _received.find("\r\n\r\n")) == std::string::npos)
		{
			if (!receiveMore()) return answer;
		}
		std::istringstream istr(take(end + 4));
		answer.header.read(istr);
		answer.status = answer.header.getStatus();
		if (toHead || answer.status < 200 || answer.status == 204 || answer.status == 304) answer.complete = true;
		else if (answer.header.getChunkedTransferEncoding()) receiveChunks(answer);
		else if (answer.header.hasContentLength())
		{
			const std::size_t length = static_cast<std::size_t>(answer.header.getContentLength64());
			while (_received.size() < length && receiveMore()) {}
			answer.complete = _received.size() >= length;
			answer.body = take(length);
		}
		else
		{
			answer.body = receiveRest();
			answer.complete = true;
		}
		return answer;
	}

	Answer ask(const std::string& uri, const std::string& fields = "")
	{
		get(uri, fields);
		return receiveAnswer();
	}

	std::size_t buffered() const
		/// Returns the number of bytes that have been received, but not as a part of a complete header or body.
	{
		return _received.size();
	}

	std::string receiveLine()
		/// Returns the next line, without its LF, of what is not HTTP any more.
	{
		while (_received.find('\n') == std::string::npos && receiveMore()) {}
		const std::string line = take(_received.find('\n'));
		take(1);
		return line;
	}

	std::string receiveRest()
		/// Returns all bytes until the server closes the connection in an orderly way.
	{
		while (receiveMore()) {}
		return take(_received.size());
	}

	bool hasEnded()
		/// Waits for the server to close the connection in an orderly way.
		/// Returns false if anything else arrives.
	{
		return receiveRest().empty();
	}

private:
	bool receiveMore()
	{
		const std::string more = receiveSome(_socket);
		_received += more;
		return !more.empty();
	}

	std::string take(std::size_t length)
	{
		const std::string bytes = _received.substr(0, length);
		_received.erase(0, length);
		return bytes;
	}

	bool takeLine(std::string& line)
	{
		std::string::size_type end;
		while ((end = _received.find("\r\n")) == std::string::npos)
		{
			if (!receiveMore()) return false;
		}
		line = take(end);
		take(2);
		return true;
	}

	void receiveChunks(Answer& answer)
	{
		std::string line;
		while (takeLine(line))
		{
			const std::size_t size = std::strtoul(line.c_str(), nullptr, 16);
			while (_received.size() < size && receiveMore()) {}
			answer.body += take(size);
			if (!takeLine(line)) return;
			answer.complete = size == 0;
			if (answer.complete) return;
		}
	}

	StreamSocket _socket;
	std::string  _received;
};


class Client
	/// An HTTP client made of Poco's HTTPClientSession.
{
public:
	explicit Client(const EVTCPServer& server):
		Client(new HTTPClientSession("127.0.0.1", server.port()))
	{
	}

	explicit Client(HTTPClientSession* pSession): // takes ownership
		_pSession(pSession)
	{
		_pSession->setKeepAlive(true);
		_pSession->setKeepAliveTimeout(Poco::Timespan(60, 0));
		_pSession->setTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	}

	HTTPClientSession& session()
	{
		return *_pSession;
	}

	Answer ask(const std::string& uri)
	{
		HTTPRequest request(HTTPRequest::HTTP_GET, uri, HTTPRequest::HTTP_1_1);
		return ask(request);
	}

	Answer ask(HTTPRequest& request, const std::string& body = "")
	{
		Answer answer;
		_pSession->sendRequest(request) << body;
		std::istream& istr = _pSession->receiveResponse(answer.header);
		answer.status = answer.header.getStatus();
		Poco::StreamCopier::copyToString(istr, answer.body);
		answer.complete = request.getMethod() == HTTPRequest::HTTP_HEAD || !answer.header.hasContentLength() || answer.header.getContentLength64() == static_cast<Poco::Int64>(answer.body.size());
		return answer;
	}

	Answer post(const std::string& body, bool chunked = false)
	{
		HTTPRequest request(HTTPRequest::HTTP_POST, "/", HTTPRequest::HTTP_1_1);
		if (chunked) request.setChunkedTransferEncoding(true);
		else request.setContentLength64(static_cast<Poco::Int64>(body.size()));
		return ask(request, body);
	}

private:
	std::unique_ptr<HTTPClientSession> _pSession;
};


#endif // HTTPTestSupport_INCLUDED
