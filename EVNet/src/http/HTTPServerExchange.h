//
// HTTPServerExchange.h
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPServerExchange
//
// Definition of the HTTPServerExchange class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HTTPServerExchange_INCLUDED
#define EVNet_HTTPServerExchange_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "http/HTTPRequestParser.h"
#include "http/ReusableRequest.h"
#include "http/ReusableResponse.h"
#include "http/ReusableSession.h"
#include "Poco/Net/HTTPServerParams.h"
#include <atomic>


namespace Poco {
namespace EVNet {


class HTTPServerExchange
	/// What serves one request: session, request and response. Making these takes Poco longer than
	/// serving the request, so they are made once and reused.
	///
	/// A connection has one while its request is running.
{
public:
	explicit HTTPServerExchange(const Poco::Net::HTTPServerParams::Ptr& pParams);

	ReusableSession   session;
	ReusableResponse  response;
	ReusableRequest   request;
};


unsigned currentThreadNumber();
	/// Returns a number that no other thread has.


template <class T>
class SparePool
	/// Objects that are not in use. May be used by any thread.
	///
	/// A thread first looks where it gave one itself, whose memory is still in its processor's cache.
{
public:
	SparePool();
	~SparePool();

	template <class Make>
	T* take(Make make);
		/// Returns one that nobody uses; what make() returns if there is none.

	void give(T* pObject);
		/// Takes it back.

private:
	enum
	{
		SLOTS = 64
	};

	struct alignas(64) Slot
	{
		std::atomic<T*> pObject{nullptr};
	};

	SparePool(const SparePool&);
	SparePool& operator = (const SparePool&);

	Slot _slots[SLOTS];
};


class HTTPServerExchangePool
	/// The exchanges of a server that are not in use, and the parsers of its connections: a
	/// connection has a parser from the first byte of a request until the response is done, an idle connection has
	/// none. May be used by any thread.
{
public:
	explicit HTTPServerExchangePool(const Poco::Net::HTTPServerParams::Ptr& pParams);
	~HTTPServerExchangePool();

	HTTPServerExchange* takeExchange();
	HTTPRequestParser* takeParser();
		/// Return one that nobody uses; make it if there is none.

	void give(HTTPServerExchange* pExchange);
	void give(HTTPRequestParser* pParser);
		/// Take it back.

private:
	Poco::Net::HTTPServerParams::Ptr _pParams;
	SparePool<HTTPServerExchange>    _exchanges;
	SparePool<HTTPRequestParser>     _parsers;
};


//
// inlines
//
template <class T>
SparePool<T>::SparePool()
{
}


template <class T>
SparePool<T>::~SparePool()
{
	for (Slot& slot: _slots) delete slot.pObject.load();
}


template <class T>
template <class Make>
T* SparePool<T>::take(Make make)
{
	const unsigned own = currentThreadNumber();
	for (unsigned i = 0; i < SLOTS; i++)
	{
		std::atomic<T*>& pSlot = _slots[(own + i) % SLOTS].pObject;
		if (!pSlot.load(std::memory_order_relaxed)) continue;
		if (T* pObject = pSlot.exchange(nullptr, std::memory_order_acquire)) return pObject;
	}
	return make();
}


template <class T>
void SparePool<T>::give(T* pObject)
{
	const unsigned own = currentThreadNumber();
	for (unsigned i = 0; i < SLOTS; i++)
	{
		T* pNone = nullptr;
		std::atomic<T*>& pSlot = _slots[(own + i) % SLOTS].pObject;
		if (pSlot.compare_exchange_strong(pNone, pObject, std::memory_order_release, std::memory_order_relaxed)) return;
	}
	delete pObject;
}


} } // namespace Poco::EVNet


#endif // EVNet_HTTPServerExchange_INCLUDED
