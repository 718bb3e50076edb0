//
// ConnectionPool.h
//
// The connections of a loop.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ConnectionPool_INCLUDED
#define ConnectionPool_INCLUDED


#include "NonBlockingConnection.h"
#include <memory>
#include <vector>


class ConnectionPool
	/// Keeps the objects, so that a new connection takes one that has been used before.
{
public:
	ConnectionPool(const ModelOptions& options, int capacity):
		_options(options),
		_capacity(static_cast<std::size_t>(capacity > 0 ? capacity : 1))
	{
	}

	void allocateAll()
		/// Allocates as many as there may be, instead of one at a time as they are needed.
	{
		_all.reserve(_capacity);
		_free.reserve(_capacity);
		while (_all.size() < _capacity) allocate();
	}

	int count() const
		/// Returns how many are open.
	{
		return static_cast<int>(_all.size() - _free.size());
	}

	bool isFull() const
	{
		return _free.empty() && _all.size() == _capacity;
	}

	NonBlockingConnection& open(int fd)
		/// Returns an object for the connection. The pool must not be full.
	{
		if (_free.empty()) allocate();
		NonBlockingConnection& connection = *_free.back();
		_free.pop_back();
		connection.open(fd);
		return connection;
	}

	void close(NonBlockingConnection& connection)
	{
		connection.close();
		_free.push_back(&connection); // has room: see allocate()
	}

	template <class Function>
	void forEach(Function function)
		/// Calls the function for each that is open. It may close it.
	{
		for (const auto& pConnection: _all)
		{
			if (pConnection->isOpen()) function(*pConnection);
		}
	}

	void closeOverdue()
		/// Closes those on which nothing has moved for too long. Looks at all of them, which does not matter twice a
		/// second; see TimeoutList in EVNet for what does it in order.
	{
		const NonBlockingConnection::Clock::time_point now = NonBlockingConnection::Clock::now();
		forEach([&](NonBlockingConnection& connection)
		{
			if (connection.place == NonBlockingConnection::WATCHED && connection.isOverdue(now)) close(connection);
		});
	}

private:
	void allocate()
	{
		_all.push_back(std::make_unique<NonBlockingConnection>(_options));
		_free.reserve(_all.capacity());
		_free.push_back(_all.back().get());
	}

	const ModelOptions& _options;
	const std::size_t   _capacity;
	std::vector<std::unique_ptr<NonBlockingConnection>> _all;
	std::vector<NonBlockingConnection*> _free;
};


#endif // ConnectionPool_INCLUDED
