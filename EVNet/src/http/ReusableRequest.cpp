//
// ReusableRequest.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  ReusableRequest
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/ReusableRequest.h"
#include "socket/ConnectionSocketImpl.h"
#include "http/HTTPCharacters.h"
#include "core/PocoVersion.h"
#include "core/Readiness.h"
#include "http/ReusableResponse.h"
#include "http/ReusableSession.h"
#include <cstring>
#include <poll.h>


using Poco::Net::HTTPServerParams;
using Poco::Net::SocketAddress;


namespace Poco {
namespace EVNet {


namespace
{
	const std::string NO_NAME("\n"); // no field has this name

	std::string& writable(const std::string& text)
		/// The entries of a header can be reached for reading only, but the header itself may be changed,
		/// and reusing the memory of its entries is what this is about.
	{
		return const_cast<std::string&>(text);
	}
}


ReusableRequest::ReusableRequest(ReusableResponse& response, ReusableSession& session, const HTTPServerParams::Ptr& pParams):
	HTTPServerRequestImpl(response, session, const_cast<HTTPServerParams*>(pParams.get())),
	_pSocket(nullptr),
	_pParser(nullptr),
	_hasClientAddress(false),
	_hasServerAddress(false)
{
	markUndecoded(*this);
}


void ReusableRequest::bind(ConnectionSocketImpl& socket, HTTPRequestParser& parser, bool complete, Poco::UInt64 maxBody)
{
	_pSocket = &socket;
	_pParser = &parser;
	_hasClientAddress = _hasServerAddress = false;
	resetSettings(*this);
	fill(socket.input().data(), parser);
	_body.open(parser, complete, socket, maxBody);
}


EVServerStatistics::CloseReason ReusableRequest::failure() const
{
	return _body.failure();
}


bool ReusableRequest::drain(std::size_t maxBytes)
{
	return _body.drain(maxBytes);
}


void ReusableRequest::release()
{
	_pSocket = nullptr;
	_pParser = nullptr;
	_body.close();
	_stream.close();
}


const Poco::Net::MessageHeader& ReusableRequest::trailer() const
{
	static const Poco::Net::MessageHeader NONE;
	return _pParser && _pParser->chunked() ? _pParser->decoder().trailer() : NONE;
}


bool ReusableRequest::clientConnected() const
{
	if (!_pSocket || !_pSocket->isOpen()) return false;
	return pollNow(_pSocket->sockfd(), POLLRDHUP) == 0;
}


std::istream& ReusableRequest::stream()
{
	return _stream.open(_body);
}


const SocketAddress& ReusableRequest::clientAddress() const
{
	if (!_hasClientAddress && _pSocket)
	{
		_clientAddress = _pSocket->peerAddress();
		_hasClientAddress = true;
	}
	return _clientAddress;
}


const SocketAddress& ReusableRequest::serverAddress() const
{
	if (!_hasServerAddress && _pSocket)
	{
		_serverAddress = _pSocket->address();
		_hasServerAddress = true;
	}
	return _serverAddress;
}


void ReusableRequest::fill(const char* pData, const HTTPRequestParser& parser)
{
	writable(getMethod()).assign(parser.method(pData));
	writable(getURI()).assign(parser.target(pData));
	const std::string& version = parser.isHTTP11() ? HTTP_1_1 : HTTP_1_0;
	if (getVersion() != version) setVersion(version);

	// Mostly, the fields are those of the previous request: then only the values have to be replaced.
	const HTTPRequestParser::Fields& fields = parser.fields();
	ConstIterator it = begin();
	std::size_t i = 0;
	for (; i < fields.size() && it != end(); ++i, ++it)
	{
		const HTTPRequestParser::Field& field = fields[i];
		if (it->first.size() != field.nameLength || std::memcmp(it->first.data(), pData + field.name, field.nameLength) != 0) break;
		writable(it->second).assign(pData + field.value, field.valueLength);
	}
	if (i < fields.size() || it != end()) fillAnew(pData, fields, i);

	const std::string_view authority = parser.targetAuthority(pData);
	if (!authority.empty()) set(HOST, std::string(authority)); // RFC 9112, section 3.2.2
}


void ReusableRequest::fillAnew(const char* pData, const HTTPRequestParser::Fields& fields, std::size_t first)
{
	const auto name = [pData](const HTTPRequestParser::Field& field) { return std::string_view(pData + field.name, field.nameLength); };
	bool repeated = false;
	for (std::size_t i = 1; i < fields.size() && !repeated; ++i)
	{
		for (std::size_t k = 0; k < i && !repeated; ++k)
		{
			repeated = fields[i].nameLength == fields[k].nameLength && HTTPCharacters::equalsIgnoreCase(name(fields[i]), name(fields[k]));
		}
	}
	std::size_t i = 0;
	if (repeated) clear(); // add() keeps fields of one name together
	else
	{
		ConstIterator it = begin() + static_cast<std::ptrdiff_t>(first);
		for (i = first; i < fields.size() && it != end(); ++i, ++it)
		{
			writable(it->first).assign(name(fields[i]));
			writable(it->second).assign(pData + fields[i].value, fields[i].valueLength);
		}
		const bool tooMany = it != end();
		for (; it != end(); ++it) writable(it->first) = NO_NAME;
		if (tooMany) erase(NO_NAME);
	}
	for (; i < fields.size(); ++i)
	{
		add(std::string(name(fields[i])), std::string(pData + fields[i].value, fields[i].valueLength));
	}
}


} } // namespace Poco::EVNet
