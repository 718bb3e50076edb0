//
// EVHandoverTest.h
//
// Definition of the EVHandoverTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHandoverTest_INCLUDED
#define EVHandoverTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include "Poco/Net/SocketAddress.h"
#include <string>


class EVHandoverTest: public CppUnit::TestCase
{
public:
	explicit EVHandoverTest(const std::string& name);
	~EVHandoverTest();

	void testHandOverUnderLoad();
	void testHandOverOfUnixDomainSocket();
	void testConnectionsWaitForTheSuccessor();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();

private:
	void handOverUnderLoad(const Poco::Net::SocketAddress& address);
};


#endif // EVHandoverTest_INCLUDED
