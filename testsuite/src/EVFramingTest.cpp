//
// EVFramingTest.cpp
//
// The ready-made framings, at every split of the input.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVFramingTest.h"
#include "CppUnit/TestCaller.h"
#include "Poco/EVNet/EVFraming.h"
#include "Poco/EVNet/EVTCPServerConnection.h"
#include "Poco/Exception.h"


using Poco::EVNet::EVFraming;
using Poco::EVNet::EVTCPServerConnection;


namespace
{
	const std::ptrdiff_t INCOMPLETE = EVTCPServerConnection::FRAME_INCOMPLETE;
	const std::ptrdiff_t REFUSED = EVTCPServerConnection::FRAME_REFUSED;
}


EVFramingTest::EVFramingTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVFramingTest::testLine()
{
	const std::string data = "hello\r\nworld\n";
	for (std::size_t n = 0; n <= data.size(); n++)
	{
		// a copy of exactly that size, so that reading beyond it is noticed
		std::string part(data, 0, n);
		assertTrue (EVFraming::line(part.data(), n) == (n < 7 ? INCOMPLETE : 7));
	}
	assertTrue (EVFraming::line("\n", 1) == 1);
}


void EVFramingTest::testLineTooLong()
{
	const std::string data = "123456789\n";
	assertTrue (EVFraming::line(data.data(), data.size(), 10) == 10);
	assertTrue (EVFraming::line(data.data(), data.size(), 9) == REFUSED);
	assertTrue (EVFraming::line(data.data(), 8, 9) == INCOMPLETE);
	assertTrue (EVFraming::line(data.data(), 9, 9) == REFUSED);
}


void EVFramingTest::testLengthPrefix()
{
	for (int bytes: {1, 2, 4, 8})
	{
		for (EVFraming::ByteOrder order: {EVFraming::NETWORK_BYTE_ORDER, EVFraming::LITTLE_ENDIAN_BYTE_ORDER})
		{
			std::string data(static_cast<std::size_t>(bytes), '\0');
			data[order == EVFraming::NETWORK_BYTE_ORDER ? data.size() - 1 : 0] = 3;
			data += "abc" "next";
			const std::size_t length = static_cast<std::size_t>(bytes) + 3;
			for (std::size_t n = 0; n <= data.size(); n++)
			{
				std::string part(data, 0, n);
				const std::ptrdiff_t expected = n < length ? INCOMPLETE : static_cast<std::ptrdiff_t>(length);
				assertTrue (EVFraming::lengthPrefix(part.data(), n, bytes, 100, order) == expected);
			}
		}
	}
	assertTrue (EVFraming::lengthPrefix("\1\2", 2, 2, 0x102) == INCOMPLETE);
	assertTrue (EVFraming::lengthPrefix("\1\2", 2, 2, 0x101) == REFUSED);
	assertTrue (EVFraming::lengthPrefix("\1\2", 2, 2, 0x201, EVFraming::LITTLE_ENDIAN_BYTE_ORDER) == INCOMPLETE);
	assertTrue (EVFraming::lengthPrefix("\1\2", 2, 2, 0x200, EVFraming::LITTLE_ENDIAN_BYTE_ORDER) == REFUSED);
	assertTrue (EVFraming::lengthPrefix("\0", 1, 1) == 1);
}


void EVFramingTest::testLengthPrefixTooLong()
{
	const std::string huge(8, '\xff');
	assertTrue (EVFraming::lengthPrefix(huge.data(), 8, 8) == REFUSED);
	assertTrue (EVFraming::lengthPrefix(huge.data(), 7, 8) == INCOMPLETE);
	assertTrue (EVFraming::lengthPrefix(huge.data(), 4, 4) == REFUSED);
	assertTrue (EVFraming::lengthPrefix(huge.data(), 1, 1, 254) == REFUSED);
	assertTrue (EVFraming::lengthPrefix(huge.data(), 1, 1, 255) == INCOMPLETE);
}


void EVFramingTest::testLengthPrefixNonsense()
{
	for (int bytes: {-1, 0, 3, 16})
	{
		try
		{
			EVFraming::lengthPrefix("abcd", 4, bytes);
			failmsg("a prefix of an impossible size is taken");
		}
		catch (Poco::InvalidArgumentException& exc)
		{
			assertTrue (exc.message().find("prefixBytes") == 0);
		}
	}
}


CppUnit::Test* EVFramingTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVFramingTest");

	CppUnit_addTest(pSuite, EVFramingTest, testLine);
	CppUnit_addTest(pSuite, EVFramingTest, testLineTooLong);
	CppUnit_addTest(pSuite, EVFramingTest, testLengthPrefix);
	CppUnit_addTest(pSuite, EVFramingTest, testLengthPrefixTooLong);
	CppUnit_addTest(pSuite, EVFramingTest, testLengthPrefixNonsense);

	return pSuite;
}
