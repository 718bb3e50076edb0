//
// ReusableResponse.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  ReusableResponse
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/ReusableResponse.h"
#include "loop/Connection.h"
#include "socket/ConnectionSocketImpl.h"
#include "core/FileDescriptor.h"
#include "http/HTTPCharacters.h"
#include "http/HTTPHeaderWriter.h"
#include "http/HTTPRequestStream.h"
#include "core/PocoVersion.h"
#include "http/ReusableSession.h"
#include "Poco/DateTimeFormat.h"
#include "Poco/DateTimeFormatter.h"
#include "Poco/Exception.h"
#include "Poco/File.h"
#include "Poco/Timestamp.h"
#include <algorithm>
#include <charconv>
#include <ctime>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>


using Poco::Net::HTTPResponse;


namespace Poco {
namespace EVNet {


namespace
{
	const std::string DATE("Date");
	const std::string OK_REASON("OK");
	const std::string NO_NAME("\n"); // no field has this name
	const std::string NO_VALUE;

	std::string& writable(const std::string& text)
		/// The entries of a header can be reached for reading only, but the header itself may be changed.
	{
		return const_cast<std::string&>(text);
	}

	bool isLengthless(HTTPResponse::HTTPStatus status)
		/// Returns true if a response with the status has neither a body nor a field that
		/// describes its length (RFC 9110, section 8.6, and RFC 9112, section 6.1).
	{
		return status < 200 || status == HTTPResponse::HTTP_NO_CONTENT;
	}
}


const std::string& ReusableResponse::date()
{
	static thread_local std::time_t second = 0;
	static thread_local std::string date;
	const std::time_t now = std::time(nullptr);
	if (now != second)
	{
		second = now;
		date.clear(); // keeps its memory
		Poco::DateTimeFormatter::append(date, Poco::Timestamp::fromEpochTime(now), Poco::DateTimeFormat::HTTP_FORMAT);
	}
	return date;
}


ReusableResponse::ReusableResponse(ReusableSession& session):
	HTTPServerResponseImpl(session),
	_session(session),
	_pSocket(nullptr),
	_pConnection(nullptr),
	_pRequestBody(nullptr),
	_http11(true),
	_mayChunk(true),
	_head(false),
	_mayKeepAlive(false),
	_maySitIdle(true),
	_connect(false),
	_trailerUsed(false),
	_sent(false),
	_persistent(false)
{
}


void ReusableResponse::bind(ConnectionSocketImpl& socket, bool http11, bool head, bool mayKeepAlive)
{
	_pSocket = &socket;
	_pRequestBody = nullptr;
	_pConnection = nullptr;
	_http11 = _mayChunk = http11;
	_head = head;
	_mayKeepAlive = mayKeepAlive;
	_connect = _sent = _persistent = false;
	resetSettings(*this);
	const std::string& version = http11 ? HTTP_1_1 : HTTP_1_0;
	if (getVersion() != version) setVersion(version);
	if (getStatus() != HTTP_OK || getReason() != OK_REASON) setStatusAndReason(HTTP_OK);
	resetFields();
	if (_trailerUsed)
	{
		_trailerUsed = false;
		resetSettings(_trailer);
		_trailer.clear();
	}
	_out.open(socket, _session);
}


void ReusableResponse::resetFields()
{
	// The two fields of every response come first, and stay where they are.
	const std::string& connection = _mayKeepAlive ? CONNECTION_KEEP_ALIVE : CONNECTION_CLOSE;
	ConstIterator it = begin();
	if (size() >= 2 && it->first == DATE && (it + 1)->first == CONNECTION)
	{
		writable(it->second).assign(date());
		writable((it + 1)->second).assign(connection);
		if (size() == 2) return;
		// One erase() removes all others, by a name that differs from the two in its first character.
		const ConstIterator itEnd = end();
		for (it += 2; it != itEnd; ++it) writable(it->first).assign(NO_NAME);
		erase(NO_NAME);
		return;
	}
	clear();
	add(DATE, date());
	add(CONNECTION, connection);
}


const std::string* ReusableResponse::field(std::string_view name) const
{
	const ConstIterator itEnd = end();
	for (ConstIterator it = begin(); it != itEnd; ++it)
	{
		if (it->first.size() == name.size() && HTTPCharacters::equalsIgnoreCase(it->first, name)) return &it->second;
	}
	return nullptr;
}


void ReusableResponse::setLength(Poco::UInt64 length)
{
	if (field(TRANSFER_ENCODING)) setChunkedTransferEncoding(false);
	char digits[24];
	const char* pEnd = std::to_chars(digits, digits + sizeof(digits), length).ptr;
	const std::string* pLength = field(CONTENT_LENGTH);
	if (!pLength)
	{
		// add() compares the name with all others, letter by letter, though it is known to be new.
		add(NO_NAME, NO_VALUE);
		const ConstIterator it = end() - 1;
		writable(it->first).assign(CONTENT_LENGTH);
		pLength = &it->second;
	}
	writable(*pLength).assign(digits, static_cast<std::size_t>(pEnd - digits));
}


void ReusableResponse::allowChunked()
{
	_mayChunk = true;
}


void ReusableResponse::setRequest(const HTTPRequestStreamBuf& body, const Connection* pConnection, bool maySitIdle)
{
	_maySitIdle = maySitIdle;
	_pConnection = pConnection;
	_pRequestBody = &body;
}


void ReusableResponse::setConnect()
{
	_connect = true;
}


void ReusableResponse::release()
{
	_pSocket = nullptr;
	_pRequestBody = nullptr;
	_pConnection = nullptr;
	_out.close();
	_stream.close();
}


void ReusableResponse::sendContinue()
{
	static const std::string CONTINUE(" 100 Continue\r\n\r\n");
	const std::string line = getVersion() + CONTINUE;
	_pSocket->sendBytes(line.data(), static_cast<int>(line.size()));
}


HTTPResponseStreamBuf::Mode ReusableResponse::wholeMode() const
{
	const bool bodyless = _head || isLengthless(getStatus()) || getStatus() == HTTP_NOT_MODIFIED || isTunnel();
	return bodyless ? HTTPResponseStreamBuf::MODE_NONE : HTTPResponseStreamBuf::MODE_LENGTH;
}


bool ReusableResponse::isTunnel() const
{
	return _connect && getStatus() >= 200 && getStatus() < 300;
}


bool ReusableResponse::isChunked() const
{
	const std::string* pCoding = field(TRANSFER_ENCODING);
	return pCoding && HTTPCharacters::equalsIgnoreCase(*pCoding, CHUNKED_TRANSFER_ENCODING);
}


HTTPResponseStreamBuf::Mode ReusableResponse::bodyMode() const
{
	if (isTunnel()) return HTTPResponseStreamBuf::MODE_TO_END; // what is written goes through the tunnel
	if (wholeMode() == HTTPResponseStreamBuf::MODE_NONE) return HTTPResponseStreamBuf::MODE_NONE;
	if (!isChunked()) return field(CONTENT_LENGTH) ? HTTPResponseStreamBuf::MODE_LENGTH : HTTPResponseStreamBuf::MODE_TO_END;
	return _mayChunk ? HTTPResponseStreamBuf::MODE_CHUNKED : HTTPResponseStreamBuf::MODE_TO_END;
}


void ReusableResponse::beginBody(HTTPResponseStreamBuf::Mode mode, Poco::UInt64 length)
{
	poco_assert (!_sent);

	writeHeader(mode);
	_out.beginBody(mode, length);
	_sent = true;
}


void ReusableResponse::writeHeader(HTTPResponseStreamBuf::Mode mode)
{
	const bool tunnel = isTunnel();
	const bool lengthless = isLengthless(getStatus()) || tunnel;
	const bool coding = _mayChunk && !lengthless && mode != HTTPResponseStreamBuf::MODE_LENGTH && isChunked();
	const bool length = !coding && !lengthless && mode != HTTPResponseStreamBuf::MODE_TO_END;
	// The header must say what will happen, and EVNet does not throw away more than MAX_UNWANTED bytes of a body.
	const bool tooMuch = _pRequestBody && _pRequestBody->missing() > HTTPRequestStreamBuf::MAX_UNWANTED;
	const bool persistent = mayPersist() && _session.getKeepAlive() && !tooMuch && mode != HTTPResponseStreamBuf::MODE_TO_END;
	_persistent = HTTPHeaderWriter(_out).write(*this, {_http11, tunnel, length, coding, persistent});
}


bool ReusableResponse::mayPersist() const
{
	if (!_mayKeepAlive) return false;
	// A drain may have begun after the handler has.
	if (!_pConnection || (_maySitIdle && !_pConnection->draining())) return true;
	// Requests that have arrived are answered, but the server waits for no others.
	return _pRequestBody->missing() == 0 && _pSocket->isOpen() && _pSocket->available() > 0;
}


std::ostream& ReusableResponse::send()
{
	const HTTPResponseStreamBuf::Mode mode = bodyMode();
	// The client cannot know the length otherwise.
	if (mode == HTTPResponseStreamBuf::MODE_TO_END && !hasContentLength()) setKeepAlive(false);
	const Poco::Int64 length = mode == HTTPResponseStreamBuf::MODE_LENGTH ? getContentLength64() : 0;
	beginBody(mode, static_cast<Poco::UInt64>(std::max<Poco::Int64>(0, length)));
	std::ostream& stream = _stream.open(_out);
	if (endsHTTP())
	{
		stream.flush();
		handOver();
	}
	return stream;
}


bool ReusableResponse::endsHTTP() const
{
	return getStatus() == HTTP_SWITCHING_PROTOCOLS || isTunnel();
}


void ReusableResponse::handOver()
{
	// With TLS, the session has the SecureStreamSocket so far. But EVNet may have received what the client has sent behind the
	// request, and only the socket of the connection yields these bytes before the next ones.
	if (_pSocket->input().unread() == 0 || !_pSocket->transport().is(_session.socket().impl())) return;
	_pSocket->transport().takeBack();
	_pSocket->duplicate();
	_session.replaceSocket(Poco::Net::StreamSocket(_pSocket));
}


void ReusableResponse::sendWhole(const void* pBody, std::size_t length)
{
	beginBody(wholeMode(), length);
	try
	{
		_out.sputn(static_cast<const char*>(pBody), static_cast<std::streamsize>(length));
		_out.finish();
		if (!endsHTTP()) return;
		_out.pubsync();
		handOver();
	}
	catch (Poco::Exception&)
	{
		// the session has noted it, and a stream would hide it as well
	}
}


void ReusableResponse::sendBuffer(const void* pBuffer, std::size_t length)
{
	setLength(length);
	sendWhole(pBuffer, length);
}


void ReusableResponse::redirect(const std::string& uri, HTTPStatus status)
{
	setLength(0);
	setStatusAndReason(status);
	set("Location", uri);
	sendWhole("", 0);
}


void ReusableResponse::sendFile(const std::string& path, const std::string& mediaType)
{
	poco_assert (!_sent);

	// Asks only the open file: somebody may put another one into its place at any moment.
	FileDescriptor file(path);
	struct stat status;
	if (::fstat(file.get(), &status) != 0) Poco::File::handleLastError(path);
	if (!S_ISREG(status.st_mode)) throw Poco::OpenFileException("not a regular file", path);
	const std::size_t size = static_cast<std::size_t>(status.st_size);
	std::unique_ptr<char[]> pBytes;
	std::size_t length = size;
	if (size <= SMALL_FILE)
	{
		// A file that the system makes up when it is read, as in /proc, says that it has no bytes.
		const std::size_t capacity = size > 0 ? size : static_cast<std::size_t>(SMALL_FILE);
		pBytes.reset(new char[capacity]);
		length = readFile(file, pBytes.get(), capacity, path);
	}
	const Poco::Timestamp modified = Poco::Timestamp::fromEpochTime(status.st_mtime);
	set("Last-Modified", Poco::DateTimeFormatter::format(modified, Poco::DateTimeFormat::HTTP_FORMAT));
	setContentType(mediaType);
	if (size == 0 && length == SMALL_FILE) sendUnsized(file, pBytes.get(), path);
	else
	{
		setLength(length);
		if (pBytes) sendWhole(pBytes.get(), length);
		else sendLarge(std::move(file), length);
	}
}


std::size_t ReusableResponse::readFile(const FileDescriptor& file, char* pBytes, std::size_t length, const std::string& path)
{
	std::size_t sum = 0;
	while (sum < length)
	{
		const ssize_t n = ::read(file.get(), pBytes + sum, length - sum);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) Poco::File::handleLastError(path);
		if (n == 0) break;
		sum += static_cast<std::size_t>(n);
	}
	return sum;
}


void ReusableResponse::sendLarge(FileDescriptor&& file, Poco::UInt64 length)
{
	const HTTPResponseStreamBuf::Mode mode = wholeMode();
	beginBody(mode, length);
	try
	{
		if (mode != HTTPResponseStreamBuf::MODE_NONE) _out.sendFile(std::move(file), length);
		else _out.finish();
	}
	catch (Poco::Exception&)
	{
		// as in sendWhole()
	}
}


void ReusableResponse::sendUnsized(const FileDescriptor& file, char* pBytes, const std::string& path)
{
	setChunkedTransferEncoding(true);
	std::ostream& out = send();
	// If reading fails, the exception leaves the body without an end: the client must see that it is not whole.
	for (std::size_t length = SMALL_FILE; length > 0 && out.good(); length = readFile(file, pBytes, SMALL_FILE, path))
	{
		out.write(pBytes, static_cast<std::streamsize>(length));
	}
}


void ReusableResponse::flush()
{
	if (!_sent || _session.networkException()) return;
	try
	{
		// Not _stream.flush(), which does nothing if the handler has written more than the Content-Length.
		_out.push();
	}
	catch (Poco::Exception&)
	{
		// the session has it
	}
}


bool ReusableResponse::finish()
{
	if (_session.networkException()) return false; // waiting for the client once is enough
	if (!_sent) return mayPersist() && getKeepAlive(); // the handler has answered in another way, or not at all, as with Poco
	try
	{
		if (!_trailer.empty() && _out.beginTrailer()) HTTPHeaderWriter(_out).writeTrailer(_trailer);
		if (!_out.finish()) _persistent = false;
	}
	catch (Poco::Exception&)
	{
		_persistent = false; // the session has it
	}
	return _persistent;
}


} } // namespace Poco::EVNet
