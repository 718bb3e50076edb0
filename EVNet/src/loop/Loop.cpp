//
// Loop.cpp
//
// Library: EVNet
// Package: Loop
// Module:  Loop
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/Loop.h"
#include "core/ExceptionReport.h"
#include "core/ThreadState.h"
#include "loop/Admission.h"
#include "threads/Executor.h"
#include "Poco/Error.h"
#include "Poco/Exception.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>


namespace Poco {
namespace EVNet {


namespace
{
	const std::size_t SERVE_BATCH = 32; // requests served between two looks at the events, at least while there are some
	const double RETRY_INTERVAL = 0.05; // for connections that wait for buffer memory, in seconds
	const double FLUSH_INTERVAL = 0.01; // for output of running requests
	const double DRAIN_GRACE = 1.0; // for new connections to send their first request
	const std::chrono::seconds ERROR_EPISODE(10); // see onSystemError()
	const std::chrono::milliseconds ERROR_PAUSE(10);

	thread_local bool inLoop = false;

	class InLoop
		/// Says that libev's functions are called for a Loop.
	{
	public:
		InLoop(): _before(inLoop)
		{
			inLoop = true;
		}

		~InLoop()
		{
			inLoop = _before;
		}

	private:
		const bool _before;
	};

	void onSystemError(const char* pMessage) noexcept
		/// Called by libev if the system has failed it in a way that it does not expect: no descriptor for a new epoll, epoll_wait() with
		/// EIO. Libev tries again when this function returns, so that nothing is lost.
	{
		const int error = errno;
		if (!inLoop)
		{
			// a loop of the application: what libev does by default
			std::perror(pMessage);
			std::abort();
		}
		static std::atomic<Task::Clock::rep> reportedAt(0);
		const Task::Clock::rep now = Task::Clock::now().time_since_epoch().count();
		Task::Clock::rep before = reportedAt.load();
		if ((before == 0 || now - before > Task::Clock::duration(ERROR_EPISODE).count()) && reportedAt.compare_exchange_strong(before, now))
		{
			try
			{
				throw Poco::SystemException(pMessage, Poco::Error::getMessage(error), error);
			}
			catch (...)
			{
				reportException();
			}
		}
		std::this_thread::sleep_for(ERROR_PAUSE);
	}

	// libev has one such function for the whole process. It is set before main(), so that the application's own, if it sets one, comes later, and is used.
	// A program that links these sources a second time, beside the library, leaves it to the library, whose loops it runs.
#if !defined(EVNet_SECOND_COPY)
	const bool systemErrorsAreHandled = (ev_set_syserr_cb(&onSystemError), true);
#else
	[[maybe_unused]] const auto pNotSet = &onSystemError;
#endif

	struct ev_loop* newLoop(unsigned evFlags)
	{
		struct ev_loop* pLoop = ev_loop_new(evFlags);
		if (!pLoop) throw Poco::SystemException("Cannot create an event loop, e.g. because there are too many open files");
		return pLoop;
	}
}


Loop::Loop(const LoopParts& parts, int index, unsigned evFlags, const Deadlines::Lengths& deadlines):
	_host(parts.host),
	_executor(parts.executor),
	_admission(parts.admission),
	_objects(parts.objects),
	_pBufferPool(parts.pBufferPool),
	_index(index),
	_pLoop(newLoop(evFlags), &ev_loop_destroy),
	_holding(0),
	_heldSince(0),
	_pExposed(nullptr),
	_now(0),
	_suspected(0),
	_runners(parts.executor),
	_inVain(0),
	_watchFailed(false),
	_draining(false),
	_drainGraceOver(false),
	_ending(false),
	_abandoned(false),
	_queued(0),
	_waitsForRoom(false),
	_pausesWhenBusy(false),
	_cache(_pBufferPool, parts.loops),
	_deadlines(*this, deadlines, _pBufferPool->limits().minRate),
	_acceptor(*this),
	_ended(true),
	_wake(0),
	_completedElsewhere(0),
	_cancelled(0)
{
	updateNow();
	ev_async_init(&_async, &Loop::asyncCallback);
	_async.data = this;
	checkWakeUp();
	ev_timer_init(&_retry, &Loop::retryCallback, 0., RETRY_INTERVAL);
	_retry.data = this;
	ev_timer_init(&_flushTimer, &Loop::flushCallback, 0., FLUSH_INTERVAL);
	_flushTimer.data = this;
	ev_timer_init(&_drainTimer, &Loop::drainCallback, DRAIN_GRACE, DRAIN_GRACE); // again and again: others may come, or be busy when it fires
	ev_set_priority(&_drainTimer, EV_MINPRI);
	_drainTimer.data = this;
}


Loop::~Loop()
{
	// Connections are gone, unless the server was never started or could not start.
	while (ConnectionSocketImpl* pSocket = _arrived.pop()) pSocket->release();
	_acceptor.close();
}


void Loop::checkWakeUp()
{
	const InLoop marked;
	// Libev needs a descriptor for that, and ends the process if there is none.
	const int fd = ::eventfd(0, EFD_CLOEXEC);
	if (fd < 0) throw Poco::SystemException("Cannot create an event loop, e.g. because there are too many open files");
	::close(fd);
	ev_set_userdata(evLoop(), this);
	ev_set_loop_release_cb(evLoop(), &Loop::releaseCallback, nullptr);
	ev_async_start(evLoop(), &_async);
	ev_run(evLoop(), EVRUN_NOWAIT); // only now does libev tell the system about the descriptor
	if (!_watchFailed) return;
	restoreWakeUp(); // or libev would not close it
	throw Poco::SystemException("Cannot create an event loop: the system refuses to watch a descriptor, e.g. because a limit is reached (epoll_ctl(2))");
}


LedLoop::Led Loop::lead(Permit& permit)
{
	const InLoop marked;
	_leadership.lead(ThreadState::currentId());
	unwatchRunning();
	if (_holding)
	{
		// The former leader runs a request that takes long. The responses to those before it must not wait for that, nor
		// must its own wait for anything, once it is there.
		Connection* pConnection = _slab.find(_holding);
		_holding = 0;
		if (pConnection && isRunning(*pConnection) && pConnection->socket().flushHeld() == PendingOutput::FLUSH_AGAIN) flushLater(*pConnection);
	}
	for (;;)
	{
		ev_run(evLoop(), _ready.empty() && _leaving.empty() ? EVRUN_ONCE : EVRUN_NOWAIT);
		updateNow();
		if (_watchFailed) restoreWakeUp();
		submitLeaving();
		if (!_ready.empty() && !serveReady(permit)) return LED_REPLACED;
		if (_abandoned || (_ending && _open.value() == 0 && endMail())) return LED_ENDED;
	}
}


LedLoop::Led Loop::leadOnce()
{
	const InLoop marked;
	_leadership.lead(ThreadState::currentId());
	unwatchRunning();
	ev_run(evLoop(), EVRUN_NOWAIT);
	updateNow();
	submitLeaving();
	Permit permit;
	if (!_ready.empty() && !serveReady(permit)) return LED_REPLACED;
	return _ending && _open.value() == 0 && endMail() ? LED_ENDED : LED_ON;
}


void Loop::restoreWakeUp()
{
	// It may have been the descriptor by which libev is woken: then libev makes a new one here.
	_watchFailed = false;
	ev_async_stop(evLoop(), &_async);
	ev_async_start(evLoop(), &_async);
	ev_async_send(evLoop(), &_async); // what was sent meanwhile may be lost
}


bool Loop::draining() const
{
	return _admission.draining();
}


void Loop::abandon()
{
	wake(WAKE_ABANDON);
}


bool Loop::leaderIsRunnable() const
{
	return ThreadState::isRunnable(_leadership.leader());
}


bool Loop::takeOver(Leadership::Turn turn)
{
	if (!_leadership.takeOver(turn)) return false;
	_promotions.add();
	return true;
}


void Loop::updateNow()
{
	_now = std::chrono::duration<double>(Task::Clock::now().time_since_epoch()).count();
}


bool Loop::serveReady(Permit& permit)
{
	assertLed();
	_leadership.beginWork();
	_executor.attend(_now);
	// Connections that become ready again meanwhile (pipelining) let the others go first, and after
	// a while the event loop looks for more of these.
	for (std::size_t n = std::max<std::size_t>(_ready.size(), SERVE_BATCH); n > 0 && !_ready.empty(); --n)
	{
		Connection& connection = static_cast<Connection&>(*_ready.pop());
		connection.state.fulfil(ConnectionState::WISH_LOOK);
		if (!guarded(connection, [this, &connection] { return receiveRequest(connection); }))
		{
			check(connection);
			continue;
		}
		const bool slice = connection.state.work() == ConnectionState::WORK_FLUSH;
		if (!RunnerChoice::isLeader(_runners.chooseRunner(slice, _ending, permit)))
		{
			sendHeld(connection);
			_executor.queue().admit();
			if (!slice) _queued.fetch_add(1);
			if (connection.exposed()) recall(connection);
			_outbox.push(connection);
		}
		else if (!runHere(connection, permit)) return false;
	}
	permit.giveBack();
	submitOutbox();
	_leadership.endWork();
	return true;
}


bool Loop::runHere(Connection& connection, Permit& permit)
{
	submitOutbox();

	ConnectionSocketImpl& socket = connection.socket();
	const bool hold = mayHold(connection);
	_holding = hold || socket.hasOutput() ? connection.id() : 0;
	if (!socket.hasOutput()) _heldSince = _now;
	if (hold) socket.holdOutput(true);
	// Requests that block more briefly than the watcher looks are found out here. That costs a system call, hence only after a slow one.
	const bool suspected = _suspected > 0;
	const long waits = suspected ? ThreadState::waits() : 0;
	const double begin = _now;
	_pExposed = connection.exposed() ? &connection : nullptr;
	const Leadership::Turn turn = _leadership.beginRequest();
	connection.handle();
	if (hold && !connection.detached()) socket.holdOutput(false); // else detach() has done it, and the socket may be somebody else's
	if (_leadership.endRequest(turn))
	{
		_holding = 0;
		_pExposed = nullptr;
		if (connection.state.isRequest()) _completed.add();
		updateNow();
		const bool slow = _now - begin > SLOW_MICROSECONDS*1e-6;
		if (slow) _suspected = SUSPECTED_AFTER_SLOW;
		else if (suspected) --_suspected;
		if (connection.state.callsHandler()) _runners.noteRequest(slow && suspected && ThreadState::waits() != waits);
		connection.settle();
		finish(connection);
		check(connection);
		return true;
	}
	if (connection.state.callsHandler()) _runners.noteRequest(true);
	if (connection.state.isRequest()) requestDone();
	permit.requestDischarged(); // by giveBack(), before the connection goes back to the loop
	giveBack(connection);
	return false;
}


void Loop::unwatchRunning()
{
	// The thread that ran it has lost the loop meanwhile, so that the connection comes back through the mailbox.
	if (_pExposed && isRunning(*_pExposed)) recall(*_pExposed);
	_pExposed = nullptr;
}


bool Loop::receiveRequest(Connection& connection)
{
	assertLed();
	ConnectionState& state = connection.state;
	if (state.phase() == ConnectionState::PHASE_FLUSHING) return dispatchFlush(connection);
	state.look();
	if (state.wished(ConnectionState::WISH_CLOSE))
	{
		finish(connection); // what is held goes first
		return false;
	}
	if (_pausesWhenBusy && waitsForRoom())
	{
		pause(connection); // before reading: the client is to be slowed down
		return false;
	}
	if (!connection.hasObject() && !openOnData(connection)) return false;
	const bool notify = state.takeTurn() && state.wished(ConnectionState::WISH_NOTIFY) && !state.missed(ConnectionState::MISSED_REST);
	if (!connection.unframed && connection.socket().handshaking()) return dispatchHandshake(connection);
	if (notify) return dispatchNotification(connection);
	return (connection.unframed || receiveBytes(connection)) && frameReceived(connection);
}


bool Loop::receiveBytes(Connection& connection)
{
	ConnectionState& state = connection.state;
	switch (connection.socket().receive(&_cache))
	{
	case ConnectionSocketImpl::RESULT_OK:
		state.forgive(ConnectionState::MISSED_PAUSED);
		_inVain = 0;
		return true;
	case ConnectionSocketImpl::RESULT_AGAIN:
		if (!state.missed(ConnectionState::MISSED_REST)) lookedInVain(connection);
		onNothingArrived(connection);
		break;
	case ConnectionSocketImpl::RESULT_END:
		close(connection, connection.socket().input().size() > 0 ? EVServerStatistics::CLOSED_INCOMPLETE : EVServerStatistics::CLOSED_BY_CLIENT);
		break;
	case ConnectionSocketImpl::RESULT_NO_MEMORY:
		// A handler can read the rest of a body. If the bodies waited for memory instead, each with its half, they might wait for ever.
		connection.outOfMemory = state.rest() == ConnectionState::PHASE_BODY;
		if (connection.outOfMemory) return true;
		starve(connection);
		break;
	case ConnectionSocketImpl::RESULT_FULL:
		connection.end(EVServerStatistics::CLOSED_TOO_LARGE);
		proceed(connection);
		break;
	case ConnectionSocketImpl::RESULT_ERROR:
		close(connection, EVServerStatistics::CLOSED_RESET);
		break;
	case ConnectionSocketImpl::RESULT_TLS_ERROR:
		close(connection, EVServerStatistics::CLOSED_TLS_ERROR);
		break;
	}
	return false;
}


bool Loop::frameReceived(Connection& connection)
{
	ConnectionState& state = connection.state;
	connection.unframed = false;
	const std::ptrdiff_t length = connection.framed ? connection.framed : connection.frame();
	connection.framed = 0;
	const bool outOfMemory = connection.outOfMemory;
	connection.outOfMemory = false;
	if (length > 0) return dispatch(connection, length);

	const bool begins = !state.isReading();
	if (length == Connection::FRAME_BLOCKED)
	{
		count(state.receive(ConnectionState::PHASE_HEADER));
		if (begins) beginReading(connection);
		connection.unframed = true;
		waitForClient(connection);
		return false;
	}
	if (length == 0 && connection.socket().input().size() == 0)
	{
		waitForRequest(connection);
		return false;
	}
	const bool inBody = length == EVTCPServerConnection::FRAME_INCOMPLETE_BODY;
	if (length < 0 && !inBody)
	{
		proceed(connection);
		return false;
	}
	count(state.receive(inBody ? ConnectionState::PHASE_BODY : ConnectionState::PHASE_HEADER));
	if (outOfMemory) starve(connection);
	else if (begins)
	{
		beginReading(connection);
		readOn(connection);
	}
	else if (state.missed(ConnectionState::MISSED_REST)) onTimeUp(connection);
	else readOn(connection);
	return false;
}


void Loop::waitForRequest(Connection& connection)
{
	// What came were bytes between two requests, which frame() has dropped.
	connection.socket().releaseBuffer(&_cache);
	if (connection.state.isReading())
	{
		count(connection.state.receiveNone());
		_deadlines.resume(connection);
	}
	if (connection.state.missed(ConnectionState::MISSED_REST)) onTimeUp(connection);
	else if (_draining || connection.state.wished(ConnectionState::WISH_NOTIFY) || connection.socket().pending()) makeReady(connection);
}


void Loop::readOn(Connection& connection)
{
	if (connection.state.wished(ConnectionState::WISH_NOTIFY) || connection.socket().pending()) makeReady(connection);
}


bool Loop::dispatchNotification(Connection& connection)
{
	if (waitsForRoom())
	{
		pause(connection);
		return false;
	}
	connection.state.fulfil(ConnectionState::WISH_NOTIFY);
	count(connection.state.dispatch(ConnectionState::WORK_NOTIFICATION));
	return true;
}


bool Loop::dispatchFlush(Connection& connection)
{
	// There is always room for it: it belongs to a request that was admitted. Nobody watches the socket meanwhile.
	count(connection.state.dispatchSlice());
	return true;
}


bool Loop::dispatchHandshake(Connection& connection)
{
	if (waitsForRoom() || connection.socket().input().makeRoom(*_pBufferPool, &_cache) != InputBuffer::ROOM_OK)
	{
		pause(connection);
		return false;
	}
	count(connection.state.dispatch(ConnectionState::WORK_HANDSHAKE));
	return true;
}


bool Loop::dispatch(Connection& connection, std::ptrdiff_t length)
{
	if (_pausesWhenBusy ? waitsForRoom() : queueIsFull())
	{
		refuseBusy(connection, length);
		return false;
	}
	_requests.add();
	if (_deadlines.isUsed(ConnectionState::DEADLINE_HANDLER)) connection.nameRequest();
	count(connection.state.dispatch(ConnectionState::WORK_REQUEST));
	_deadlines.beginRequest(connection);
	connection.socket().input().beginRequest(static_cast<std::size_t>(length));
	return true;
}


void Loop::refuseBusy(Connection& connection, std::ptrdiff_t length)
{
	const std::string text = connection.refusal(EVTCPServerConnection::REFUSAL_BUSY);
	if (text.empty() && connection.ended())
	{
		proceed(connection);
		return;
	}
	if (text.empty())
	{
		_pausesWhenBusy = true;
		waitsForRoom();
		connection.framed = length;
		pause(connection);
		return;
	}
	_requests.add();
	_refused.add();
	count(connection.state.refuse());
	_deadlines.beginRequest(connection);
	connection.socket().input().beginRequest(static_cast<std::size_t>(length));
	connection.socket().input().skipRequest();
	// Whoever does not even take that is not waited for.
	if (connection.socket().trySend(text) != PendingOutput::FLUSH_DONE) connection.end(EVServerStatistics::CLOSED_SEND_TIMEOUT);
	connection.settle();
	finish(connection);
}


bool Loop::queueIsFull() const
{
	return _queued >= _executor.queue().part() && _executor.queue().isFull();
}


bool Loop::waitsForRoom()
{
	// Until resumePaused(), also if there is room again: who came first has to be first.
	if (_waitsForRoom) return true;
	if (!queueIsFull()) return false;
	_waitsForRoom = true;
	_executor.queue().addWaiting(1);
	if (queueIsFull()) return true;
	_waitsForRoom = false; // somebody made room before he could see the flag
	_executor.queue().addWaiting(-1);
	return false;
}


void Loop::offerRoom()
{
	if (_waitsForRoom) wake(WAKE_PAUSED);
}


void Loop::requestTaken()
{
	const int queued = _queued.fetch_sub(1) - 1;
	if (_waitsForRoom && queued <= _executor.queue().part()/2) wake(WAKE_PAUSED);
}


void Loop::submitOutbox()
{
	if (!_outbox.empty()) _executor.submit(_outbox);
}


void Loop::releaseCallback(struct ev_loop* pLoop) noexcept
{
	// Libev is about to wait. If it has found out just now that the system refuses to watch a descriptor, it would tell
	// only when something else happens.
	if (ev_pending_count(pLoop) == 0) return;
	Loop& loop = *static_cast<Loop*>(ev_userdata(pLoop));
	loop._watchFailed = true;
	ev_async_send(pLoop, &loop._async);
}


void Loop::asyncCallback(struct ev_loop*, ev_async* pWatcher, int)
{
	static_cast<Loop*>(pWatcher->data)->onMail();
}


} } // namespace Poco::EVNet
