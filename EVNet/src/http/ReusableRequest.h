//
// ReusableRequest.h
//
// Library: EVNet
// Package: HTTP
// Module:  ReusableRequest
//
// Definition of the ReusableRequest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ReusableRequest_INCLUDED
#define EVNet_ReusableRequest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "http/HandlerStream.h"
#include "http/HTTPRequestParser.h"
#include "http/HTTPRequestStream.h"
#include "Poco/Net/HTTPServerParams.h"
#include "Poco/Net/HTTPServerRequestImpl.h"
#include "Poco/Net/SocketAddress.h"
#include <istream>


namespace Poco {
namespace EVNet {


class ConnectionSocketImpl;
class ReusableResponse;
class ReusableSession;


class ReusableRequest: public Poco::Net::HTTPServerRequestImpl
	/// A request that goes from connection to connection.
{
public:
	ReusableRequest(ReusableResponse& response, ReusableSession& session, const Poco::Net::HTTPServerParams::Ptr& pParams);

	void bind(ConnectionSocketImpl& socket, HTTPRequestParser& parser, bool complete, Poco::UInt64 maxBody);
		/// Takes on what has been parsed.

	EVServerStatistics::CloseReason failure() const;
		/// Returns why the body could not be read, see HTTPRequestStreamBuf::failure().

	const HTTPRequestStreamBuf& body() const;
		/// Returns the body.

	bool drain(std::size_t maxBytes);
		/// Throws away the rest of the body, see HTTPRequestStreamBuf::drain(). Returns true if another request can follow.

	void release();
		/// Lets go of the connection.

	const Poco::Net::MessageHeader& trailer() const;
		/// Returns the fields behind the last chunk of the body, as far as that has been read.

	bool clientConnected() const;
		/// Returns false if the client has closed or reset the connection.

	std::istream& stream() override;
	const Poco::Net::SocketAddress& clientAddress() const override;
	const Poco::Net::SocketAddress& serverAddress() const override;

private:
	void fill(const char* pData, const HTTPRequestParser& parser);
	void fillAnew(const char* pData, const HTTPRequestParser::Fields& fields, std::size_t first);

	ConnectionSocketImpl* _pSocket;
	HTTPRequestParser*    _pParser;
	HTTPRequestStreamBuf  _body;
	HandlerStream<std::istream> _stream;
	mutable bool          _hasClientAddress;
	mutable bool          _hasServerAddress;
	mutable Poco::Net::SocketAddress _clientAddress;
	mutable Poco::Net::SocketAddress _serverAddress;
};


//
// inlines
//
inline const HTTPRequestStreamBuf& ReusableRequest::body() const
{
	return _body;
}


} } // namespace Poco::EVNet


#endif // EVNet_ReusableRequest_INCLUDED
