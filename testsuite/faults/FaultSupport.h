//
// FaultSupport.h
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultSupport
//
// What the drivers have in common.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef FaultSupport_INCLUDED
#define FaultSupport_INCLUDED


#include "TestSupport.h"
#include <cstdio>
#include <cstdlib>
#include <dirent.h>


class Complaint: public std::exception
{
public:
	explicit Complaint(const std::string& text):
		_text(text)
	{
	}

	const char* what() const noexcept override
	{
		return _text.c_str();
	}

private:
	std::string _text;
};


inline void require(bool condition, const std::string& complaint)
{
	if (!condition) throw Complaint(complaint);
}


class Reports: public Poco::ErrorHandler
	/// Counts what is reported. Must not need memory.
{
public:
	Reports():
		_count(0),
		_pPrevious(Poco::ErrorHandler::set(this))
	{
	}

	~Reports()
	{
		Poco::ErrorHandler::set(_pPrevious);
	}

	void exception(const Poco::Exception& exc) override
	{
		if (std::getenv("FAULTS_VERBOSE")) std::fprintf(stderr, "    reported: %s\n", exc.displayText().c_str());
		++_count;
	}

	void exception(const std::exception& exc) override
	{
		if (std::getenv("FAULTS_VERBOSE")) std::fprintf(stderr, "    reported: %s\n", exc.what());
		++_count;
	}

	void exception() override
	{
		++_count;
	}

	int count() const
	{
		return _count;
	}

private:
	std::atomic<int>    _count;
	Poco::ErrorHandler* _pPrevious;
};


inline int descriptors()
{
	DIR* pDirectory = ::opendir("/proc/self/fd");
	int count = 0;
	while (::readdir(pDirectory)) ++count;
	::closedir(pDirectory);
	return count;
}


inline std::string textOf(const EVServerStatistics& s)
{
	std::string text = "accepted " + std::to_string(s.accepted) + ", adopted " + std::to_string(s.adopted);
	text += ", open " + std::to_string(s.open);
	text += ", requests " + std::to_string(s.requests) + ", completed " + std::to_string(s.completed);
	text += ", cancelled " + std::to_string(s.cancelled) + ", refused " + std::to_string(s.refused);
	text += ", queued " + std::to_string(s.queued) + ", running " + std::to_string(s.running) + "; closed:";
	for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
	{
		if (s.closed[i] == 0) continue;
		text += std::string(" ") + EVServerStatistics::closeReasonName(static_cast<EVServerStatistics::CloseReason>(i));
		text += " " + std::to_string(s.closed[i]);
	}
	return text;
}


inline bool isTraced(const EVServerStatistics& s)
	/// Returns true if a connection has ended in a way that tells of something unusual.
{
	for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
	{
		const bool byClient = i == EVServerStatistics::CLOSED_BY_CLIENT;
		const bool byHandler = i == EVServerStatistics::CLOSED_BY_HANDLER || i == EVServerStatistics::CLOSED_DETACHED;
		if (s.closed[i] > 0 && !byClient && !byHandler) return true;
	}
	return s.acceptPauses > 0 || s.cancelled > 0 || s.refused > 0;
}


#endif // FaultSupport_INCLUDED
