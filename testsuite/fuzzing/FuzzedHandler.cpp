//
// FuzzedHandler.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FuzzedHandler.h"
#include "FuzzerSupport.h"
#include "Poco/Exception.h"
#include "Poco/Net/HTTPServerRequestImpl.h"
#include "Poco/Net/HTTPServerResponse.h"
#include "Poco/Net/StreamSocket.h"
#include <algorithm>
#include <stdexcept>
#include <sys/mman.h>
#include <unistd.h>


using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;


const std::string DETACHED("<detached>");


namespace
{
	const std::size_t MAX_NUMBER = 70000;    // beyond all buffers on the way
	const std::size_t MAX_WRITTEN = 200000;  // for the sake of speed

	std::string content(std::size_t n)
		/// Returns bytes that look like what must not be taken for it: responses.
	{
		static const std::string TEXT("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-In-Body: y\r\n\r\n");
		std::string result;
		while (result.size() < n) result.append(TEXT, 0, n - result.size());
		return result;
	}

	struct File
		/// A file that is nowhere in the file system.
	{
		explicit File(std::size_t size):
			bytes(content(size)),
			fd(::memfd_create("EVNet", MFD_CLOEXEC))
		{
			require(fd >= 0 && ::write(fd, bytes.data(), size) == static_cast<ssize_t>(size), "There is no file to be sent");
		}

		std::string bytes;
		int         fd;
	};

	const File& file(std::size_t n)
	{
		// The last one is not read into memory
		static const File* pFiles[] = {new File(0), new File(100), new File(30000), new File(100000)};
		return *pFiles[n % 4];
	}

	std::string decode(const std::string& text)
	{
		std::string result;
		for (std::size_t i = 0; i < text.size(); i++)
		{
			const std::string digits = text.substr(i + 1, 2);
			const bool coded = text[i] == '%' && digits.size() == 2
				&& digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
			result += coded ? static_cast<char>(std::stoi(digits, nullptr, 16)) : text[i];
			if (coded) i += 2;
		}
		return result;
	}
}


FuzzedHandler::FuzzedHandler(HandlerRecord& record, std::size_t& budget):
	_record(record),
	_budget(budget),
	_pRequest(nullptr),
	_pResponse(nullptr),
	_pStream(nullptr)
{
}


void FuzzedHandler::handleRequest(HTTPServerRequest& request, HTTPServerResponse& response)
{
	_pRequest = &request;
	_pResponse = &response;
	const std::string& target = request.getURI();
	const std::size_t query = std::min(target.find('?'), target.size());
	_text = decode(target.substr(std::min(query + 1, target.size())));
	std::string program = target.substr(0, query);
	if (program.empty() || program[0] != '/' || program == "/") program = "/b";
	try
	{
		std::size_t n = 0;
		for (std::size_t i = 1; i < program.size() && !_record.detached; i++)
		{
			const char c = program[i];
			if (c >= '0' && c <= '9') n = std::min(10*n + static_cast<std::size_t>(c - '0'), MAX_NUMBER);
			else perform(c, n);
			if (c < '0' || c > '9') n = 0;
		}
	}
	catch (...)
	{
		_record.thrown = true;
		if (!_record.answered && !_record.detached) sending(500, "");
		throw;
	}
}


void FuzzedHandler::perform(char operation, std::size_t n)
{
	if (performOnBody(operation, n) || performOnHeader(operation, n) || performAnswer(operation, n)) return;
	switch (operation)
	{
	case 't':
		throw Poco::RuntimeException("A handler throws what Poco knows");
	case 'T':
		throw std::runtime_error("A handler throws what C++ knows");
	case 'U':
		throw 1;
	case 'd':
		detach();
		break;
	default:
		break;
	}
}


bool FuzzedHandler::performOnBody(char operation, std::size_t n)
{
	switch (operation)
	{
	case 'r': // all
		read(~std::size_t(0));
		return true;
	case 'h': // a part
		read(n > 0 ? n : 3);
		return true;
	case 'i':
		if (_pResponse->sent() || _pRequest->getVersion() != HTTPServerRequest::HTTP_1_1) return true;
		++_record.continues;
		_pResponse->sendContinue();
		return true;
	default:
		return false;
	}
}


bool FuzzedHandler::performOnHeader(char operation, std::size_t n)
{
	switch (operation)
	{
	case 'n':
		_pResponse->setContentLength64(static_cast<Poco::Int64>(n));
		return true;
	case 'c':
		_pResponse->setChunkedTransferEncoding(n == 0);
		return true;
	case 'k':
		_pResponse->setKeepAlive(n == 0);
		return true;
	case 'x':
		_pResponse->erase(HTTPResponse::CONNECTION);
		return true;
	case 'v':
		_pResponse->set(HTTPResponse::CONNECTION, _text);
		return true;
	case 'o':
		// The largest that HTTPStatus has, so that more is none of its values.
		if (n < 200 || n > HTTPResponse::HTTP_NETWORK_AUTHENTICATION_REQUIRED) return true;
		_pResponse->setStatusAndReason(static_cast<HTTPResponse::HTTPStatus>(n));
		return true;
	case 'p':
		_pResponse->setReason(_text);
		return true;
	case 'q':
		_pResponse->add("X-Echo", _text);
		return true;
	case 'Q':
		_pResponse->add("X-Echo" + _text, "1");
		return true;
	case 'y':
		_pResponse->setContentType(_text);
		return true;
	case 'E':
		for (const auto& field: *_pRequest) _pResponse->add("X-Echo-" + field.first, field.second);
		return true;
	case 'A':
		_pResponse->requireAuthentication(_text);
		return true;
	default:
		return false;
	}
}


bool FuzzedHandler::performAnswer(char operation, std::size_t n)
{
	std::string body;
	switch (operation)
	{
	case 'b':
	case 'e':
		if (operation == 'e') read(~std::size_t(0));
		body = operation == 'e' ? _record.body : output(n);
		if (!_pResponse->sent()) sending(_pResponse->getStatus(), body);
		_pResponse->sendBuffer(body.data(), body.size());
		return true;
	case 's':
		if (!_pResponse->sent()) sending(_pResponse->getStatus(), "");
		_pStream = &_pResponse->send();
		return true;
	case 'w':
		body = output(n);
		if (!_pStream) return true;
		*_pStream << body;
		_record.written += body;
		return true;
	case 'f':
		if (_pStream) _pStream->flush();
		return true;
	case 'F':
		if (!_pResponse->sent()) sending(_pResponse->getStatus(), file(n).bytes);
		_pResponse->sendFile("/proc/self/fd/" + std::to_string(file(n).fd), "text/plain");
		return true;
	case 'm':
		_pResponse->sendFile("/nothing/is/here", "text/plain");
		return true;
	case 'R':
		if (!_pResponse->sent()) sending(HTTPResponse::HTTP_FOUND, "");
		_pResponse->redirect(_text);
		return true;
	default:
		return false;
	}
}


void FuzzedHandler::sending(int status, const std::string& body)
{
	_record.answered = true;
	_record.status = status;
	_record.written = body;
}


std::string FuzzedHandler::output(std::size_t n)
{
	const std::size_t length = std::min(n > 0 ? n : 10, _budget);
	_budget -= length;
	return content(length);
}


void FuzzedHandler::read(std::size_t maxBytes)
{
	std::istream& istr = _pRequest->stream();
	char buffer[1000];
	while (maxBytes > 0 && istr)
	{
		istr.read(buffer, static_cast<std::streamsize>(std::min(maxBytes, sizeof(buffer))));
		_record.body.append(buffer, static_cast<std::size_t>(istr.gcount()));
		maxBytes -= static_cast<std::size_t>(istr.gcount());
	}
	_record.badBody = istr.bad();
	_record.readToEnd = istr.eof() && !istr.bad();
}


void FuzzedHandler::detach()
{
	const bool sent = _pResponse->sent();
	if (_pStream) _pStream->flush();
	_record.detached = true;
	Poco::Net::StreamSocket socket = static_cast<HTTPServerRequestImpl*>(_pRequest)->detachSocket();
	if (!sent) socket.sendBytes(DETACHED.data(), static_cast<int>(DETACHED.size()));
	char buffer[1000];
	int n;
	while ((n = socket.receiveBytes(buffer, sizeof(buffer))) > 0) _record.rest.append(buffer, static_cast<std::size_t>(n));
}


HTTPRequestHandler* FuzzedHandlerFactory::createRequestHandler(const HTTPServerRequest& request)
{
	_records.emplace_back();
	HandlerRecord& record = _records.back();
	record.framed = _framed;
	record.method = request.getMethod();
	record.target = request.getURI();
	record.fields.assign(request.begin(), request.end());
	const bool none = record.target.compare(0, 2, "/!") == 0;
	const bool throws = record.target.compare(0, 2, "/^") == 0;
	record.answered = none || throws;
	record.thrown = throws;
	record.status = none ? 501 : throws ? 500 : 0;
	if (throws) throw Poco::RuntimeException("There is no handler");
	return none ? nullptr : new FuzzedHandler(record, _budget);
}


void FuzzedHandlerFactory::clear()
{
	_records.clear();
	_budget = MAX_WRITTEN;
}


void FuzzedHandlerFactory::setFramed(std::size_t length)
{
	_framed = length;
}


std::vector<HandlerRecord>& FuzzedHandlerFactory::records()
{
	return _records;
}
