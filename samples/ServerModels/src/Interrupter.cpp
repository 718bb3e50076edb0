//
// Interrupter.cpp
//
// How a thread is woken at the end that waits for a client.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Interrupter.h"


Interrupter::Scope::Scope(Interrupter& interrupter, const Function& function):
	_interrupter(interrupter),
	_function(function)
{
	std::lock_guard<std::mutex> lock(_interrupter._mutex);
	if (_interrupter._interrupted) _function();
	_interrupter._scopes.insert(this);
}


Interrupter::Scope::~Scope()
{
	std::lock_guard<std::mutex> lock(_interrupter._mutex);
	_interrupter._scopes.erase(this);
}


void Interrupter::interrupt()
{
	std::lock_guard<std::mutex> lock(_mutex);
	_interrupted = true;
	for (Scope* pScope: _scopes) pScope->_function();
}
