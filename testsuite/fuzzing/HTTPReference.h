//
// HTTPReference.h
//
// Reads requests and responses as RFC 9112 says, in the simplest way and without any of
// EVNet's code: what the fuzzer compares the server with.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HTTPReference_INCLUDED
#define HTTPReference_INCLUDED


#include <string>
#include <string_view>
#include <utility>
#include <vector>


using ReferenceFields = std::vector<std::pair<std::string, std::string>>;


struct ReferenceMessage
{
	std::string     version;
	ReferenceFields fields;
	std::string     body;

	bool has(std::string_view name) const;

	std::string get(std::string_view name) const;
		/// Returns the values of all fields with the name (in lower case), as a list.

	bool lists(std::string_view name, std::string_view element) const;
		/// Returns true if the element (in lower case) is in the list.
};


struct ReferenceRequest: public ReferenceMessage
{
	enum Kind
	{
		KIND_NONE,
			/// The bytes end before the header does.
		KIND_MALFORMED,
			/// No handler must see this.
		KIND_PARTIAL,
			/// The bytes end in the body, which is as far as they go.
		KIND_BAD_BODY,
			/// The chunks are malformed; the body is what comes before that.
		KIND_COMPLETE
			/// The next request begins at end.
	};

	Kind        kind = KIND_NONE;
	std::size_t end = 0;
	std::string method;
	std::string target;
	bool        toEnd = false;     /// the body ends with the connection
	bool        unusual = false;   /// there are chunk extensions, trailers, or long numbers, for which the server has limits

	static ReferenceRequest read(std::string_view input);
		/// Reads the request at the beginning of the bytes. Accepts more than the server does, but never
		/// sees the end of a request elsewhere.
};


struct ReferenceResponse: public ReferenceMessage
{
	int         status = 0;
	std::size_t end = 0;
	bool        complete = true;
	bool        hasLength = false;
	bool        chunked = false;
	bool        toEnd = false;
	bool        persistent = false;   /// the client may wait for another response

	static ReferenceResponse read(std::string_view output, bool head);
		/// Reads the response at the beginning of the bytes; there are no others after these. Fails
		/// if the header is not as it should be.
};


std::string toLower(std::string_view text);


#endif // HTTPReference_INCLUDED
