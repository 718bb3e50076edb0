//
// InputBuffer.h
//
// Library: EVNet
// Package: Socket
// Module:  InputBuffer
//
// Definition of the InputBuffer class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_InputBuffer_INCLUDED
#define EVNet_InputBuffer_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/BufferPool.h"
#include <algorithm>


namespace Poco {
namespace EVNet {


class InputBuffer
	/// The bytes of a connection that have been received and not been dropped. The first of
	/// them may be a request, which a handler reads.
	///
	/// Idle connections are many, so without bytes this is no more than a null pointer: everything
	/// else is at the head of the memory that holds the bytes.
	///
	/// Used by one thread at a time.
{
public:
	enum Room
		/// Whether there is room for more bytes.
	{
		ROOM_OK,
		ROOM_FULL,
			/// No: this is all that one connection may buffer.
		ROOM_NO_MEMORY
			/// No: the budget of the server is used up.
	};

	InputBuffer();
	~InputBuffer();
		/// Memory must have been released.

	const char* data() const;
		/// Returns the bytes.

	std::size_t size() const;
		/// Returns the number of bytes at data().

	Room makeRoom(BufferPool& pool, BufferCache* pCache);
		/// Provides memory for more bytes. From the cache, unless that is null.

	char* room();
		/// Where bytes can be added, after makeRoom().

	std::size_t roomSize() const;
		/// The number of bytes that can be added.

	void added(std::size_t length);
		/// So many bytes were written to room().

	Poco::UInt64 takeArrived();
		/// Returns the number of bytes added since this was called the last time.

	void release(BufferPool& pool, BufferCache* pCache);
		/// Gives the memory back, if there are no bytes.

	void discard();
		/// Drops all bytes.

	void drop(std::size_t length);
		/// Drops so many bytes, before a request begins.

	bool moveTo(BufferPool& to, BufferPool& from);
		/// Moves the bytes to memory of another pool. Returns false if its budget is used up.

	//
	// the request
	//
	void beginRequest(std::size_t length);
		/// The first length bytes are a request now. If length is more than size(), the
		/// rest has yet to be read from the socket.

	std::size_t requestLength() const;
		/// Returns the length given to beginRequest().

	std::size_t unread() const;
		/// Returns the number of bytes that read() can yield.

	std::size_t read(void* buffer, std::size_t length, bool peek);
		/// Copies bytes that have not been read.

	void readPast(std::size_t length);
		/// So many bytes behind the buffered ones have been read from the socket.

	void skipRequest();
		/// What is read next shall be what follows the request.

	bool endRequest();
		/// Drops the bytes of the request. Returns false if a part of it
		/// has not been read from the network.

	void nextPart();
		/// Drops the bytes of the request: what follows is its next part.

private:
	struct Block
		/// The head of the memory. The bytes follow.
	{
		Poco::UInt32 capacity;   /// of the whole block
		Poco::UInt32 begin;      /// offset of the first byte not dropped
		Poco::UInt32 end;        /// offset behind the last byte
		Poco::UInt32 arrived;    /// bytes, see takeArrived()
		std::size_t  request;    /// length of the request at begin
		std::size_t  read;       /// bytes of it that have been read

		char* bytes();
	};

	InputBuffer(const InputBuffer&);
	InputBuffer& operator = (const InputBuffer&);

	static Block* blockAt(char* pMemory, std::size_t capacity);

	Block* _pBlock;
};


//
// inlines
//
inline char* InputBuffer::Block::bytes()
{
	return reinterpret_cast<char*>(this);
}


inline const char* InputBuffer::data() const
{
	return _pBlock ? _pBlock->bytes() + _pBlock->begin : nullptr;
}


inline std::size_t InputBuffer::size() const
{
	return _pBlock ? _pBlock->end - _pBlock->begin : 0;
}


inline char* InputBuffer::room()
{
	return _pBlock->bytes() + _pBlock->end;
}


inline std::size_t InputBuffer::roomSize() const
{
	return _pBlock->capacity - _pBlock->end;
}


inline void InputBuffer::added(std::size_t length)
{
	_pBlock->end += static_cast<Poco::UInt32>(length);
	_pBlock->arrived += static_cast<Poco::UInt32>(length);
}


inline Poco::UInt64 InputBuffer::takeArrived()
{
	if (!_pBlock) return 0;
	const Poco::UInt64 result = _pBlock->arrived;
	_pBlock->arrived = 0;
	return result;
}


inline void InputBuffer::discard()
{
	if (_pBlock) _pBlock->begin = _pBlock->end;
}


inline void InputBuffer::drop(std::size_t length)
{
	if (_pBlock) _pBlock->begin += static_cast<Poco::UInt32>(length);
}


inline std::size_t InputBuffer::requestLength() const
{
	return _pBlock ? _pBlock->request : 0;
}


inline std::size_t InputBuffer::unread() const
{
	return _pBlock && size() > _pBlock->read ? size() - _pBlock->read : 0;
}


inline void InputBuffer::readPast(std::size_t length)
{
	if (_pBlock) _pBlock->read += length;
}


inline void InputBuffer::skipRequest()
{
	if (_pBlock) _pBlock->read = _pBlock->request;
}


} } // namespace Poco::EVNet


#endif // EVNet_InputBuffer_INCLUDED
