//
// HandlerStream.h
//
// Library: EVNet
// Package: HTTP
// Module:  HandlerStream
//
// Definition of the HandlerStream class template.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HandlerStream_INCLUDED
#define EVNet_HandlerStream_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <locale>
#include <optional>
#include <streambuf>


namespace Poco {
namespace EVNet {


class ClosedStreamBuf: public std::streambuf
	/// What is behind a stream whose request is done: takes nothing and yields nothing. Whoever
	/// uses it is reported to the ErrorHandler, and finds its stream bad.
	///
	/// May be used by any thread.
{
public:
	static ClosedStreamBuf& instance();
		/// There is one, which is never destroyed.

protected:
	int_type overflow(int_type c) override;
	int_type underflow() override;
	int sync() override;

private:
	ClosedStreamBuf();
};


template <class Stream>
class HandlerStream
	/// The std::istream or std::ostream of a handler. As with Poco, it is made when the handler asks for it, and
	/// destroyed when the request is done: flags, locale, tie, exceptions, callbacks and whatever else
	/// a handler can set are never those of another request.
	///
	/// A handler may have kept a reference nevertheless, and use it when the memory belongs to a request of another
	/// client. Hence there is a closed stream in the place of the one destroyed, and the
	/// memory is only used again when that of all others has been.
{
public:
	HandlerStream();

	Stream& open(std::streambuf& buffer);
		/// Returns the stream of the request. Makes it when this is called for the first time.

	void close();
		/// Puts a closed stream in the place of the one of the request, which is done.

private:
	enum
	{
		STREAMS = 32
	};

	std::optional<Stream> _streams[STREAMS];
	int  _current;
	bool _isOpen;
};


//
// inlines
//
template <class Stream>
HandlerStream<Stream>::HandlerStream():
	_current(0),
	_isOpen(false)
{
	for (std::optional<Stream>& stream: _streams) stream.emplace(&ClosedStreamBuf::instance());
}


template <class Stream>
inline Stream& HandlerStream<Stream>::open(std::streambuf& buffer)
{
	if (!_isOpen)
	{
		_isOpen = true;
		_current = (_current + 1) % STREAMS;
		buffer.pubimbue(std::locale());
		_streams[_current].emplace(&buffer);
	}
	return *_streams[_current];
}


template <class Stream>
inline void HandlerStream<Stream>::close()
{
	if (!_isOpen) return;
	_isOpen = false;
	_streams[_current].emplace(&ClosedStreamBuf::instance());
}


} } // namespace Poco::EVNet


#endif // EVNet_HandlerStream_INCLUDED
