//
// Signals.h
//
// The signals that end the program, and those of its children, as events.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Signals_INCLUDED
#define Signals_INCLUDED


class Signals
	/// SIGTERM and SIGINT end the program, SIGCHLD says that a child has ended. They are blocked, so that they interrupt nothing,
	/// and read from a descriptor, which can be waited for beside others. To be created before there are threads.
{
public:
	enum Event
	{
		NONE,
		END,
		CHILD
	};

	Signals();
		/// SIGPIPE is ignored from now on: a client that is gone is an error of send(), not the end of the program.

	~Signals();

	int descriptor() const;
		/// Returns the descriptor that can be read when a signal has come.

	Event wait(int milliseconds = -1);
		/// Waits for a signal, by default for ever.

	static void restore();
		/// In a child: SIGTERM and SIGINT end the process at once, as they do by default.

private:
	Signals(const Signals&);
	Signals& operator = (const Signals&);

	int _descriptor;
};


//
// inlines
//
inline int Signals::descriptor() const
{
	return _descriptor;
}


#endif // Signals_INCLUDED
