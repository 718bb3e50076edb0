//
// HTTPCharacters.cpp
//
// Library: EVNet
// Package: HTTPServer
// Module:  HTTPCharacters
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPCharacters.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif


namespace Poco {
namespace EVNet {


namespace
{
	char toLower(char c)
	{
		return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
	}
}


const char* HTTPCharacters::skipText(const char* p, const char* pEnd)
{
#if defined(__SSE2__)
	// 16 at a time. As signed numbers, control characters are those from 0 to 0x1F, and 0x7F.
	const __m128i minusOne = _mm_set1_epi8(-1);
	const __m128i space = _mm_set1_epi8(0x20);
	const __m128i tab = _mm_set1_epi8('\t');
	const __m128i del = _mm_set1_epi8(0x7F);
	for (; pEnd - p >= 16; p += 16)
	{
		const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
		const __m128i low = _mm_and_si128(_mm_cmpgt_epi8(text, minusOne), _mm_cmplt_epi8(text, space));
		const __m128i control = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(text, tab), low), _mm_cmpeq_epi8(text, del));
		const int mask = _mm_movemask_epi8(control);
		if (mask) return p + __builtin_ctz(static_cast<unsigned>(mask));
	}
#endif
	for (; p < pEnd; ++p)
	{
		const unsigned char c = static_cast<unsigned char>(*p);
		if ((c < 0x20 && c != '\t') || c == 0x7F) break;
	}
	return p;
}


bool HTTPCharacters::equalsIgnoreCase(std::string_view a, std::string_view b)
{
	if (a.size() != b.size()) return false;
	for (std::size_t i = 0; i < a.size(); i++)
	{
		if (toLower(a[i]) != toLower(b[i])) return false;
	}
	return true;
}


} } // namespace Poco::EVNet
