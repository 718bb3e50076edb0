//
// FuzzedHandler.h
//
// A request handler that does what the target of the request says, and
// keeps a record of it.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef FuzzedHandler_INCLUDED
#define FuzzedHandler_INCLUDED


#include "HTTPReference.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include <ostream>


struct HandlerRecord
	/// What a handler has seen and done.
{
	std::size_t     framed = 0;          /// bytes that frame() took for this request
	std::string     method;
	std::string     target;
	ReferenceFields fields;
	std::string     body;                /// as far as it has been read
	bool            readToEnd = false;
	bool            badBody = false;     /// the stream has gone bad
	bool            answered = false;    /// there must be a response
	int             status = 0;          /// of the response
	std::string     written;             /// as its body
	int             continues = 0;       /// 100 Continue that the handler has sent
	bool            thrown = false;
	bool            detached = false;
	std::string     rest;                /// what the detached socket yielded
};


extern const std::string DETACHED;
	/// What a handler writes to a detached socket.


class FuzzedHandler: public Poco::Net::HTTPRequestHandler
	/// The target of the request is a program: in its path, each letter is something to do, with the number before it as the
	/// argument. What follows the question mark is text to do it with, in which %XX is
	/// any character.
{
public:
	FuzzedHandler(HandlerRecord& record, std::size_t& budget);
		/// The budget is the number of bytes that all handlers of a connection may write.

	void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override;

private:
	void perform(char operation, std::size_t n);
	bool performOnBody(char operation, std::size_t n);
	bool performOnHeader(char operation, std::size_t n);
	bool performAnswer(char operation, std::size_t n);
	void read(std::size_t maxBytes);
	void sending(int status, const std::string& body);
	void detach();
	std::string output(std::size_t n);

	HandlerRecord&                 _record;
	std::size_t&                   _budget;
	Poco::Net::HTTPServerRequest*  _pRequest;
	Poco::Net::HTTPServerResponse* _pResponse;
	std::ostream*                  _pStream;
	std::string                    _text;
};


class FuzzedHandlerFactory: public Poco::Net::HTTPRequestHandlerFactory
	/// Creates handlers. Their records must be read before clear().
{
public:
	Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest& request) override;

	void clear();
	void setFramed(std::size_t length);
		/// To be called with what frame() has returned.

	std::vector<HandlerRecord>& records();

private:
	std::vector<HandlerRecord> _records;
	std::size_t                _framed = 0;
	std::size_t                _budget = 0;
};


#endif // FuzzedHandler_INCLUDED
