//
// LoopStage.h
//
// Library: EVNet
// Package: Loop
// Module:  LoopStage
//
// Definition of the LoopStage struct.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_LoopStage_INCLUDED
#define EVNet_LoopStage_INCLUDED


namespace Poco {
namespace EVNet {


struct LoopStage
	/// How far a loop is from its end. For the leader only.
{
	bool draining   = false;   /// connections end when what they have received is answered
	bool graceOver  = false;   /// new connections have had time for their first request
	bool ending     = false;   /// connections end as soon as no thread runs their work
	bool abandoned  = false;   /// the loop ends, and leaves its connections as they are
};


} } // namespace Poco::EVNet


#endif // EVNet_LoopStage_INCLUDED
