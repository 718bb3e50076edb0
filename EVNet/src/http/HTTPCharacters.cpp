//
// HTTPCharacters.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPCharacters
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/HTTPCharacters.h"
#include <cstring>
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

	const std::size_t EIGHT = sizeof(Poco::UInt64);

	Poco::UInt64 eight(const char* p)
		/// Returns eight characters as one number.
	{
		Poco::UInt64 text;
		std::memcpy(&text, p, EIGHT);
		return text;
	}

	Poco::UInt64 toLower(Poco::UInt64 text)
		/// Eight characters at once.
	{
		// In each byte, the highest bit tells whether adding went beyond 0x7F. It cannot carry into the next one.
		const Poco::UInt64 ONES = 0x0101010101010101;
		const Poco::UInt64 low = text & (ONES*0x7F);
		const Poco::UInt64 fromA = low + ONES*(0x80 - 'A');
		const Poco::UInt64 behindZ = low + ONES*(0x7F - 'Z');
		const Poco::UInt64 upper = fromA & ~behindZ & ~text & (ONES*0x80);
		return text | (upper >> 2);
	}

#if defined(__SSE2__)
	unsigned controls(const char* p)
		/// Returns a bit for each of 16 characters, which is set if that is a control character other than HTAB.
	{
		const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
		// As signed numbers, control characters are those from 0 to 0x1F, and 0x7F.
		const __m128i low = _mm_and_si128(_mm_cmpgt_epi8(text, _mm_set1_epi8(-1)), _mm_cmplt_epi8(text, _mm_set1_epi8(0x20)));
		const __m128i control = _mm_andnot_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('\t')), low);
		return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_cmpeq_epi8(text, _mm_set1_epi8(0x7F)))));
	}
#endif

	bool isText(char c)
	{
		const unsigned char u = static_cast<unsigned char>(c);
		return u >= 0x20 ? u != 0x7F : u == '\t';
	}
}


const char* HTTPCharacters::skipText(const char* p, const char* pEnd)
{
#if defined(__SSE2__)
	// 16 at a time; the last ones together with some that have been looked at already.
	const std::ptrdiff_t BLOCK = 16;
	if (pEnd - p >= BLOCK)
	{
		for (const char* pLast = pEnd - BLOCK;; p = p + BLOCK < pLast ? p + BLOCK : pLast)
		{
			const unsigned mask = controls(p);
			if (mask) return p + __builtin_ctz(mask);
			if (p == pLast) return pEnd;
		}
	}
#endif
	while (p < pEnd && isText(*p)) ++p;
	return p;
}


bool HTTPCharacters::equalsIgnoreCase(std::string_view a, std::string_view b)
{
	if (a.size() != b.size()) return false;
	if (!a.empty() && ((a[0] ^ b[0]) & ~0x20)) return false; // most of those that differ
	std::size_t i = 0;
	for (; a.size() - i >= EIGHT; i += EIGHT)
	{
		const Poco::UInt64 x = eight(a.data() + i);
		const Poco::UInt64 y = eight(b.data() + i);
		if (x != y && toLower(x) != toLower(y)) return false;
	}
	for (; i < a.size(); i++)
	{
		if (a[i] != b[i] && toLower(a[i]) != toLower(b[i])) return false;
	}
	return true;
}


} } // namespace Poco::EVNet
