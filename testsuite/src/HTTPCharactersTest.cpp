//
// HTTPCharactersTest.cpp
//
// Comparing and searching by several characters at a time, against what each character alone says.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPCharactersTest.h"
#include "CppUnit/TestCaller.h"
#include "http/HTTPCharacters.h"
#include <cctype>
#include <cstring>
#include <memory>


using Poco::EVNet::HTTPCharacters;


HTTPCharactersTest::HTTPCharactersTest(const std::string& name): CppUnit::TestCase(name)
{
}


void HTTPCharactersTest::testEqualsIgnoreCase()
{
	assertTrue (HTTPCharacters::equalsIgnoreCase("", ""));
	assertTrue (HTTPCharacters::equalsIgnoreCase("Content-Length", "content-LENGTH"));
	assertTrue (HTTPCharacters::equalsIgnoreCase("TRANSFER-ENCODING", "transfer-encoding"));
	assertTrue (!HTTPCharacters::equalsIgnoreCase("Host", "Hosts"));
	assertTrue (!HTTPCharacters::equalsIgnoreCase("Content-Length", "Content_Length"));
}


void HTTPCharactersTest::testEqualsIgnoreCaseAnywhere()
{
	// Any two characters, at the places where they are compared alone and together with others.
	for (std::size_t place: {0, 3, 7, 8, 9, 16})
	{
		std::string a("aBcDeFgHiJkLmNoPq");
		std::string b("AbcdefGhIjKlmnOPQ");
		for (int x = 0; x < 256; x++)
		{
			for (int y = 0; y < 256; y++)
			{
				a[place] = static_cast<char>(x);
				b[place] = static_cast<char>(y);
				const bool equal = (x < 128 ? std::tolower(x) : x) == (y < 128 ? std::tolower(y) : y);
				assertTrue (HTTPCharacters::equalsIgnoreCase(a, b) == equal);
			}
		}
	}
}


void HTTPCharactersTest::testSkipText()
{
	for (std::size_t length = 0; length <= 50; length++)
	{
		// In memory of its own, so that a sanitizer sees what is read behind the end.
		std::unique_ptr<char[]> pText(new char[length]);
		std::memset(pText.get(), '\t', length);
		const char* pEnd = pText.get() + length;
		assertTrue (HTTPCharacters::skipText(pText.get(), pEnd) == pEnd);
		for (std::size_t place = 0; place < length; place++)
		{
			for (int c = 0; c < 256; c++)
			{
				pText[place] = static_cast<char>(c);
				const bool control = (c < 0x20 && c != '\t') || c == 0x7F;
				assertTrue (HTTPCharacters::skipText(pText.get(), pEnd) == (control ? &pText[place] : pEnd));
			}
			pText[place] = place % 2 ? 'x' : '\xE4';
		}
	}
}


CppUnit::Test* HTTPCharactersTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("HTTPCharactersTest");

	CppUnit_addTest(pSuite, HTTPCharactersTest, testEqualsIgnoreCase);
	CppUnit_addTest(pSuite, HTTPCharactersTest, testEqualsIgnoreCaseAnywhere);
	CppUnit_addTest(pSuite, HTTPCharactersTest, testSkipText);

	return pSuite;
}
