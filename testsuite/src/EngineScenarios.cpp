//
// EngineScenarios.cpp
//
// What the threads of an EngineModel do in each scenario.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EngineModel.h"


namespace
{
	class WorkerModel: public EngineModel
		/// A leader and a worker that runs the requests of one connection, while somebody else does something with it.
	{
	public:
		explicit WorkerModel(int requests):
			EngineModel(1, false),
			_requests(requests)
			/// So many requests are there from the beginning.
		{
		}

		int threads() const override
		{
			return 3;
		}

		void run(int thread) override
		{
			Connection& connection = _connections[0];
			switch (thread)
			{
			case 0:
				open(connection);
				connection.bytes += _requests;
				lead(thread);
				break;
			case 1:
				work(thread);
				break;
			default:
				interfere(connection);
			}
		}

		void check() override
		{
		}

	protected:
		virtual void interfere(Connection& connection) = 0;
			/// What the third thread does.

		static void waitForRequest(const Connection& connection)
		{
			ModelScheduler::wait("the request", [&connection] { return connection.served == 1; });
		}

	private:
		const int _requests;
	};


	class QueuedRequests: public WorkerModel
		/// The next request arrives, and a notification is asked for.
	{
	public:
		QueuedRequests(): WorkerModel(0)
		{
		}

		bool over() const override
		{
			const Connection& connection = _connections[0];
			const bool waits = State::isWaiting(connection.state.peek()) && !connection.state.wished(State::WISH_LOOK);
			return connection.served == 2 && connection.notified == 1 && waits;
		}

	protected:
		void interfere(Connection& connection) override
		{
			send(connection);
			notify(connection);
			send(connection);
		}
	};


	class ClosedConnection: public WorkerModel
		/// The application closes the connection.
	{
	public:
		ClosedConnection(): WorkerModel(1)
		{
		}

		bool over() const override
		{
			return _connections[0].served == 1 && _connections[0].state.peek() == State::PHASE_FREE;
		}

	protected:
		void interfere(Connection& connection) override
		{
			waitForRequest(connection);
			closeConnection(connection);
		}
	};


	class StoppedWorker: public WorkerModel
		/// The server is stopped.
	{
	public:
		StoppedWorker(): WorkerModel(1)
		{
		}

		bool over() const override
		{
			return false;
		}

		void check() override
		{
			if (_connections[0].state.peek() != State::PHASE_FREE) ModelScheduler::fail("a connection is left open");
		}

	protected:
		void interfere(Connection& connection) override
		{
			waitForRequest(connection);
			stop();
			ModelScheduler::wait("the end of the loop", [this] { return _loopEnded; });
		}
	};


	class BlockedLeader: public EngineModel
		/// A leader runs a request itself that is done only when another one of the same loop has been, which arrives
		/// meanwhile: somebody must take the loop over. Or it does not block.
	{
	public:
		explicit BlockedLeader(bool passesOn = false):
			EngineModel(2, true, passesOn)
		{
		}

		int threads() const override
		{
			return 2;
		}

		void run(int thread) override
		{
			if (thread == 0)
			{
				_blocks = ModelScheduler::choose(2) == 0;
				for (Connection& connection: _connections) open(connection);
				++_connections[0].bytes;
				serve(thread, true);
			}
			else serve(thread, false);
		}

		bool over() const override
		{
			return _connections[0].served == 1 && _connections[1].served == 1 && State::isWaiting(_connections[0].state.peek());
		}

		void check() override
		{
		}

	protected:
		void handle(Connection& connection, int) override
		{
			if (connection.number == 0) send(_connections[1]);
			if (_blocks && connection.number == 0) ModelScheduler::wait("the other request", [this] { return _connections[1].served > 0; });
			else ModelScheduler::preempt();
		}

	private:
		bool _blocks = false;
	};


	class LoopPassedOn: public BlockedLeader
		/// The same, but the handler announces that it blocks: the leader passes the loop on. The watcher may be quicker.
	{
	public:
		LoopPassedOn(): BlockedLeader(true)
		{
		}
	};


	class NotifiedLeader: public EngineModel
		/// A leader runs a request, and may be replaced meanwhile, while a notification of the same connection is asked for.
	{
	public:
		NotifiedLeader(): EngineModel(1, true)
		{
		}

		int threads() const override
		{
			return 3;
		}

		void run(int thread) override
		{
			switch (thread)
			{
			case 0:
				open(_connections[0]);
				++_connections[0].bytes;
				lead(thread);
				break;
			case 1:
				serve(thread, false);
				break;
			default:
				notify(_connections[0]);
			}
		}

		bool over() const override
		{
			return _connections[0].served == 1 && _connections[0].notified == 1 && State::isWaiting(_connections[0].state.peek());
		}

		void check() override
		{
		}

	protected:
		void handle(Connection&, int) override
		{
			ModelScheduler::preempt();
		}
	};


	class StoppedServer: public EngineModel
		/// The server is stopped while its leader runs a request, which may go on until it is aborted: the watcher and the
		/// one who waits in stop() may take over.
	{
	public:
		StoppedServer(): EngineModel(1, true)
		{
		}

		int threads() const override
		{
			return 3;
		}

		void run(int thread) override
		{
			switch (thread)
			{
			case 0:
				_blocks = ModelScheduler::choose(2) == 0;
				open(_connections[0]);
				++_connections[0].bytes;
				lead(thread);
				break;
			case 1:
				serve(thread, false);
				break;
			default:
				ModelScheduler::wait("the request", [this] { return _connections[0].served == 1; });
				stop();
				waitForLoop(thread);
			}
		}

		bool over() const override
		{
			return false;
		}

		void check() override
		{
			if (!_loopEnded) ModelScheduler::fail("the loop has not ended");
			if (_connections[0].state.peek() != State::PHASE_FREE) ModelScheduler::fail("a connection is left open");
		}

	protected:
		void handle(Connection&, int) override
		{
			if (_blocks) ModelScheduler::wait("being aborted", [this] { return _aborted; });
			else ModelScheduler::preempt();
		}

	private:
		bool _blocks = false;
	};


	template <class M>
	EngineModel::Scenario scenario(const char* pName)
	{
		return {pName, [] { return std::unique_ptr<Model>(new M); }};
	}
}


std::vector<EngineModel::Scenario> EngineModel::scenarios()
{
	return {
		scenario<QueuedRequests>("QueuedRequests"),
		scenario<ClosedConnection>("ClosedConnection"),
		scenario<BlockedLeader>("BlockedLeader"),
		scenario<LoopPassedOn>("LoopPassedOn"),
		scenario<NotifiedLeader>("NotifiedLeader"),
		scenario<StoppedServer>("StoppedServer"),
		scenario<StoppedWorker>("StoppedWorker")
	};
}
