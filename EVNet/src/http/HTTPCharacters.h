//
// HTTPCharacters.h
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPCharacters
//
// Definition of the HTTPCharacters class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HTTPCharacters_INCLUDED
#define EVNet_HTTPCharacters_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Types.h"
#include <string_view>


namespace Poco {
namespace EVNet {


class HTTPCharacters
	/// The classes of characters of HTTP (RFC 9110, section 5.6) and
	/// URIs (RFC 3986), and searching for the end of them.
{
public:
	static bool isToken(char c);
		/// Returns true for the characters of a token, e.g. of a method or a field name.

	static bool isTarget(char c);
		/// Returns true for what may be in a request target: visible ASCII characters except '#', which begins a
		/// fragment. Some of these have to be percent-encoded by RFC 3986, but browsers do not do it.

	static bool isHost(char c);
		/// Returns true for what may be in the value of a Host field.

	static int hexValue(char c);
		/// Returns the value of a hexadecimal digit, or -1.

	static const char* skipToken(const char* p, const char* pEnd);
		/// Returns the first character that does not belong to a token, or pEnd.

	static const char* skipText(const char* p, const char* pEnd);
		/// Returns the first control character other than HTAB, or pEnd. There is
		/// none in a field value (RFC 9110, section 5.5).

	static std::string_view trim(std::string_view text);
		/// Returns the text without SP and HTAB around it.

	template <class Function>
	static void forEachElement(std::string_view list, Function function)
		/// Calls the function with each element of a comma-separated list, except
		/// empty ones (RFC 9110, section 5.6.1).
	{
		while (!list.empty())
		{
			const std::size_t comma = list.find(',');
			const std::string_view element = trim(list.substr(0, comma));
			if (!element.empty()) function(element);
			if (comma == std::string_view::npos) return;
			list.remove_prefix(comma + 1);
		}
	}

	static bool equalsIgnoreCase(std::string_view a, std::string_view b);
		/// Compares without regard to the case of letters.

private:
	enum Class: unsigned char
	{
		TOKEN  = 1,
		TARGET = 2,
		HOST   = 4
	};

	struct Table
	{
		constexpr Table();

		unsigned char classes[256];
	};

	static const Table TABLE;
};


//
// inlines
//
constexpr HTTPCharacters::Table::Table(): classes()
{
	for (int c = 0x21; c < 0x7F; c++) if (c != '#') classes[c] |= TARGET;
	const std::string_view marks("!#$%&'*+-.^_`|~");
	const std::string_view hostMarks("!$%&'()*+,;=-._~:[]");
	for (int c = '0'; c <= '9'; c++) classes[c] |= TOKEN | HOST;
	for (int c = 'a'; c <= 'z'; c++) classes[c] |= TOKEN | HOST;
	for (int c = 'A'; c <= 'Z'; c++) classes[c] |= TOKEN | HOST;
	for (char c: marks) classes[static_cast<unsigned char>(c)] |= TOKEN;
	for (char c: hostMarks) classes[static_cast<unsigned char>(c)] |= HOST;
}


inline constexpr HTTPCharacters::Table HTTPCharacters::TABLE{};


inline bool HTTPCharacters::isToken(char c)
{
	return TABLE.classes[static_cast<unsigned char>(c)] & TOKEN;
}


inline bool HTTPCharacters::isTarget(char c)
{
	return TABLE.classes[static_cast<unsigned char>(c)] & TARGET;
}


inline bool HTTPCharacters::isHost(char c)
{
	return TABLE.classes[static_cast<unsigned char>(c)] & HOST;
}


inline int HTTPCharacters::hexValue(char c)
{
	if (c >= '0' && c <= '9') return c - '0';
	const char lower = static_cast<char>(c | 0x20);
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}


inline const char* HTTPCharacters::skipToken(const char* p, const char* pEnd)
{
	while (p < pEnd && isToken(*p)) ++p;
	return p;
}


inline std::string_view HTTPCharacters::trim(std::string_view text)
{
	while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
	while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
	return text;
}


} } // namespace Poco::EVNet


#endif // EVNet_HTTPCharacters_INCLUDED
