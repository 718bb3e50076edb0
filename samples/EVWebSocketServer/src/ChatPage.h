//
// ChatPage.h
//
// The page of the chat.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ChatPage_INCLUDED
#define ChatPage_INCLUDED


#include <string>


extern const std::string CHAT_PAGE;
	/// HTML with its style and script.


#endif // ChatPage_INCLUDED
