//
// ReusableResponse.h
//
// Library: EVNet
// Package: HTTP
// Module:  ReusableResponse
//
// Definition of the ReusableResponse class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ReusableResponse_INCLUDED
#define EVNet_ReusableResponse_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "http/HandlerStream.h"
#include "http/HTTPResponseStream.h"
#include "Poco/Net/HTTPServerResponseImpl.h"
#include <ostream>
#include <string>
#include <string_view>


namespace Poco {
namespace EVNet {


class Connection;
class ConnectionSocketImpl;
class FileDescriptor;
class HTTPRequestStreamBuf;
class ReusableSession;


class ReusableResponse: public Poco::Net::HTTPServerResponseImpl
	/// A response that goes from request to request.
{
public:
	explicit ReusableResponse(ReusableSession& session);

	static const std::string& date();
		/// Returns the value of a Date field for now. It is formatted once in a second. Valid until the
		/// next call on the same thread.

	void bind(ConnectionSocketImpl& socket, bool http11, bool head, bool mayKeepAlive);
		/// Prepares for a new response, as Poco::Net::HTTPServerConnection does.

	void allowChunked();
		/// The client has sent chunks, so it understands them, also if its version does not have them.

	void setRequest(const HTTPRequestStreamBuf& body, const Connection* pConnection = nullptr, bool maySitIdle = true);
		/// Names the request. The header says that the connection does not persist if more of that body is missing than EVNet
		/// throws away, or if no other request has been received and the connection may not sit idle, or the server is being
		/// drained. Without a connection (a benchmark), there is no server.

	void setConnect();
		/// A response with a status of 2xx makes the connection a tunnel (RFC 9110, section 9.3.6).

	Poco::Net::MessageHeader& trailer();
		/// Returns the fields to be sent behind the last chunk.

	bool finish();
		/// Sends what has not been sent. Returns true if the connection can persist.

	void flush();
		/// Sends what has been written, without ending the body: whoever has detached the socket may go on with it.

	void release();
		/// Lets go of the connection.

	void sendContinue() override;
		/// Sends 100 Continue, as with Poco. EVNet has already sent one if the client waited for it.

	std::ostream& send() override;
	void sendFile(const std::string& path, const std::string& mediaType) override;
	void sendBuffer(const void* pBuffer, std::size_t length) override;
	void redirect(const std::string& uri, HTTPStatus status = HTTP_FOUND) override;
	bool sent() const override
	{
		return _sent;
	}

	bool broken() const
		/// Returns true if a part of it could not be sent: an std::ostream may keep that to itself.
	{
		return _out.broken();
	}

private:
	enum
	{
		SMALL_FILE = 65536 /// bytes; read at once, and sent together with the header
	};

	void resetFields();
	const std::string* field(std::string_view name) const;
		/// Returns the value of a field, or a null pointer. Poco's own search compares each name
		/// letter by letter, of whatever length.

	void setLength(Poco::UInt64 length);
		/// Sets Content-Length, and takes chunked encoding back.

	HTTPResponseStreamBuf::Mode wholeMode() const;
		/// Returns the mode of a body that has been given a length.

	bool isTunnel() const;
	bool isChunked() const;
	HTTPResponseStreamBuf::Mode bodyMode() const;
	void beginBody(HTTPResponseStreamBuf::Mode mode, Poco::UInt64 length);
	void writeHeader(HTTPResponseStreamBuf::Mode mode);
	bool mayPersist() const;
		/// Returns true if the connection may persist, as far as it is up to the server.

	bool endsHTTP() const;
		/// Returns true if what follows the response is another protocol.

	void handOver();
		/// Gives the session the socket that yields all the bytes of the client.

	void sendWhole(const void* pBody, std::size_t length);
	static std::size_t readFile(const FileDescriptor& file, char* pBytes, std::size_t length, const std::string& path);
		/// Reads the next bytes, fewer at the end of the file only. Throws what a Poco::FileInputStream does.

	void sendLarge(FileDescriptor&& file, Poco::UInt64 length);
		/// Sends a file that is not read into memory.

	void sendUnsized(const FileDescriptor& file, char* pBytes, const std::string& path);
		/// Sends a file whose size nobody knows, of which the first SMALL_FILE bytes have been read.

	ReusableSession&      _session;
	HTTPResponseStreamBuf _out;
	HandlerStream<std::ostream> _stream;
	Poco::Net::MessageHeader _trailer;
	ConnectionSocketImpl* _pSocket;
	const Connection*           _pConnection;
	const HTTPRequestStreamBuf* _pRequestBody;
	bool               _http11;
	bool               _mayChunk;
	bool               _head;          /// method HEAD
	bool               _mayKeepAlive;
	bool               _maySitIdle;    /// the connection may wait for a request of which nothing has been received
	bool               _connect;       /// method CONNECT
	bool               _trailerUsed;   /// the handler has called trailer()
	bool               _sent;
	bool               _persistent;
};


inline Poco::Net::MessageHeader& ReusableResponse::trailer()
{
	_trailerUsed = true;
	return _trailer;
}


} } // namespace Poco::EVNet


#endif // EVNet_ReusableResponse_INCLUDED
