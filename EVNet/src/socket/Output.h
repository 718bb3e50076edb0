//
// Output.h
//
// Library: EVNet
// Package: Socket
// Module:  Output
//
// Definition of the Output class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Output_INCLUDED
#define EVNet_Output_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/BufferPool.h"
#include "socket/OutputFlusher.h"
#include "socket/Transport.h"
#include "Poco/Timespan.h"
#include "Poco/Types.h"
#include <atomic>
#include <memory>
#include <mutex>
#include <string>


struct iovec;


namespace Poco {
namespace EVNet {


class FileDescriptor;
class OutputBuffer;
class RateDeadline;


class Output
	/// What a connection sends. This class alone decides what happens to bytes that do not leave at once: a whole response may be held, to
	/// leave together with the next one; what the client does not take is kept, up to a limit, and the loop of the manager sends it; and
	/// where nobody else would send it, or the limit is reached, whoever writes waits for the client.
	///
	/// Belongs to the owner of the connection, who calls the methods, unless said otherwise; the leader may flush what there is while
	/// a handler runs. Nearly all connections have no output that waits, and then that is no more than a null pointer.
{
public:
	enum Result
		/// What became of an attempt to send without waiting.
	{
		FLUSH_DONE,
			/// All was sent.
		FLUSH_AGAIN,
			/// The client does not take more at present.
		FLUSH_FILE,
			/// The file is next, which only flushAsOwner() reads.
		FLUSH_KEPT,
			/// A part was sent, the rest is kept.
		FLUSH_ERROR
			/// The connection is broken, or the file cannot be read or has become shorter; see errno.
	};

	enum Urgency
		/// What else is known of what send() gets.
	{
		URGENCY_HOLD,
			/// It is a whole response, which may be held if hold() permits it.
		URGENCY_SEND,
			/// More may come, but nobody knows when.
		URGENCY_FLUSH
			/// A handler has flushed its stream. If it has the SecureStreamSocket below, it may close it next, or write to it, and
			/// that one knows nothing of what is kept: so all of it is sent before.
	};

	Output(poco_socket_t fd, Transport& transport, const BufferPool::Ptr& pPool);
		/// Creates the output of the descriptor. Releases the transport in the end.

	Output(const Output&) = delete;
	~Output();

	Transport& transport() const;
	BufferPool& pool() const;
	void setPool(const BufferPool::Ptr& pPool);
		/// What the connection uses for its input as well.

	void close();
		/// Forgets the output, and the descriptor: nothing can be sent any more.

	//
	// sending; may wait for the client, and throws a Poco::TimeoutException if it is too slow
	//
	void send(const struct iovec* pParts, int count, Urgency urgency);
		/// Sends all parts, with one system call if the client takes them.

	void send(const void* pBytes, std::size_t length, int flags = 0);
		/// Sends the bytes. The flags, of send(2), count for what leaves at once.

	void sendFile(FileDescriptor&& file, Poco::UInt64 length);
		/// Sends so many bytes of a file, without reading them into memory. What the client does not take at
		/// once is sent by threads of the pool, in slices, when the handler has returned.

	void flushAll();
		/// Sends all there is.

	bool timedOut() const;
		/// Returns true if a client has been too slow for a writer.

	void setTimeout(const Poco::Timespan& timeout);
		/// Sets how long a writer waits; 0 for what the options of the server say.

	Poco::Timespan timeout() const;

	//
	// for the event loop; never waits for the client
	//
	Result trySend(const std::string& text);
		/// Sends the text behind output that is held, if the client takes any of it at once. FLUSH_AGAIN and FLUSH_FILE mean that nothing
		/// of it has been sent, FLUSH_ERROR that there can be nothing behind it, FLUSH_KEPT that flush() sends the rest.

	Result flush();
		/// Sends what there is, but no file, and one slice at most, or a fast client keeps the loop. Called by the owner or the leader.

	Result flushBeside();
		/// As flush(), but called by the leader while a handler uses the socket. Does nothing if the handler has the SecureStreamSocket
		/// below it, which must not be used by two threads: then the handler's thread flushes whenever something is sent, and in the end.

	Result flushHeld();
		/// Flushes as flushBeside() does, and ends what hold(true) began, also for a thread that is about to hold something. Called by
		/// a new leader, while another thread runs the request.

	Result flushAsOwner();
		/// Sends what there is as flush() does, and then a slice of the file. May have to wait for the disk. When the client does not take
		/// more, a short rest of the file goes into memory, and the file is closed.

	void hold(bool permitted);
		/// If that is permitted, whole responses are held, to be sent together with the response to the next request, which has been
		/// received already. Up to MAX_HELD bytes; whoever waits for the client flushes first. Called by the leader that runs the
		/// request, before and after.

	bool empty() const;
		/// Returns true if no output waits for the client. May be called by any thread.

	bool held() const;
		/// Returns true if there is output, and it is only there because of hold().

	Poco::UInt64 takeFlushed();
		/// Returns the number of bytes that the client has taken of output that waits, since this was called the last time; with TLS,
		/// also those of a record that it has not taken whole.

	void drop();
		/// Forgets the output that waits.

	void manage(OutputFlusher& manager);
		/// From now on, output that the client does not take at once is kept, and flushed by the loop of the manager. Otherwise (a
		/// plain or detached connection), whoever writes waits for the client.

	void unmanage(OutputFlusher& manager);
		/// Ends what manage() began, unless there is another manager by now. Whoever has got the socket may be using it.

	bool isManaged() const;

	std::size_t unacknowledged() const;
		/// Returns the number of bytes that the kernel has not got rid of: they have not been confirmed by the client, or not even sent.

	bool hasUnsent() const;
		/// Returns true if the kernel has output that would be lost if the connection were closed now, and the client sent something: then
		/// the kernel answers with a reset and throws it away. What is on its way already is not: the reset comes behind it.

private:
	enum
	{
		MAX_HELD    = 32768,  /// bytes of whole responses that wait for the next one; for how long is the business of HeldOutput
		FLUSH_SLICE = 1 << 20 /// bytes that are sent before other connections have their turn
	};

	std::mutex& mutex() const;
	OutputBuffer& buffer();
		/// Returns what waits, made now if there is none. Under mutex().

	Result flush(bool beside);
	bool hold(const struct iovec* pParts, int count);
	bool join(const struct iovec* pParts, int count);
	bool append(const struct iovec* pParts, int count);
	std::size_t keep(const char* pBytes, std::size_t length);
	void keepRest(OutputBuffer& buffer);
	std::size_t sendSome(const struct iovec* pParts, int count, int flags = 0);
	void sendRest(const char* pBytes, std::size_t length, int flags);
	void askToFlush();
	void waitWritable(RateDeadline& deadline);
	void checkOpen() const;

	const std::unique_ptr<Transport, Transport::Release> _pTransport;
	BufferPool::Ptr             _pPool;
	std::atomic<OutputBuffer*>  _pBuffer;  /// made by the owner; changed and removed under mutex(), with a file in it only by the owner
	std::atomic<OutputFlusher*> _pManager;
	Poco::Timespan::TimeDiff    _timeout;
	poco_socket_t               _fd;
	std::atomic<bool>           _mayHold;
	bool                        _timedOut;
};


//
// inlines
//
inline Transport& Output::transport() const
{
	return *_pTransport;
}


inline BufferPool& Output::pool() const
{
	return const_cast<BufferPool&>(*_pPool);
}


inline bool Output::empty() const
{
	return _pBuffer.load(std::memory_order_acquire) == nullptr;
}


inline void Output::hold(bool permitted)
{
	_mayHold.store(permitted, std::memory_order_relaxed);
}


inline void Output::manage(OutputFlusher& manager)
{
	_pManager.store(&manager, std::memory_order_relaxed);
}


inline bool Output::isManaged() const
{
	return _pManager.load(std::memory_order_relaxed) != nullptr;
}


} } // namespace Poco::EVNet


#endif // EVNet_Output_INCLUDED
