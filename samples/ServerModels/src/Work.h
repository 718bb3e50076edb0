//
// Work.h
//
// What a request costs: the same in all models.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Work_INCLUDED
#define Work_INCLUDED


#include <atomic>
#include <string>


class Work
	/// What is done for each request, or for each chunk of bytes of an echo. May be used by any thread.
{
public:
	struct Job
		/// What one request costs.
	{
		int  milliseconds = 0;
			/// to sleep, as a handler does that waits for a database.
		int  microseconds = 0;
			/// of a processor.
		bool slow = false;
			/// The one in many. Its HTTP answer says so.

		bool isLong() const;
			/// Returns true if an event loop should not do it by itself.
	};

	explicit Work(const std::string& description);
		/// Creates the Work from "hello", "sleep:MS", "cpu:US", "mixed:ONE_IN:MS" or "bytes:N".
		///
		/// Throws a Poco::InvalidArgumentException if it is something else.

	~Work();

	Job next() const;
		/// Returns what the next request costs.

	static void perform(const Job& job);
		/// Sleeps or computes.

	const std::string& body() const;
		/// Returns the body of HTTP's answers.

private:
	Work(const Work&);
	Work& operator = (const Work&);

	int         _milliseconds;
	int         _microseconds;
	unsigned    _slowOneIn;
	std::string _body;
	std::atomic<unsigned>* _pRequests; // in memory that forked processes share
};


//
// inlines
//
inline bool Work::Job::isLong() const
{
	return milliseconds > 0 || microseconds >= 1000;
}


inline const std::string& Work::body() const
{
	return _body;
}


#endif // Work_INCLUDED
