//
// Certificate.h
//
// Definition of the Certificate class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Certificate_INCLUDED
#define Certificate_INCLUDED


#include <string>


class Certificate
	/// A certificate for trying things out: signed by itself, for localhost, valid for a month, with a new key.
	/// Kept in two temporary files that disappear with the object, because Poco::Net::Context wants files.
{
public:
	enum KeyType
	{
		KEY_EC,
			/// NIST P-256, as most servers have it today.
		KEY_RSA
			/// 2048 bits.
	};

	explicit Certificate(const std::string& commonName = "localhost", KeyType keyType = KEY_EC);
		/// Throws a Poco::RuntimeException if OpenSSL cannot do it.

	const std::string& path() const;
		/// Returns the path of the certificate (PEM).

	const std::string& keyPath() const;
		/// Returns the path of the private key (PEM), which only the owner of the process can read.

private:
	class TemporaryFile
		/// An empty file with a name that no other file has. The names of Poco::TemporaryFile repeat with the
		/// number of the process, and a process that is killed leaves its files behind.
	{
	public:
		TemporaryFile();
		TemporaryFile(const TemporaryFile&) = delete;
		TemporaryFile& operator = (const TemporaryFile&) = delete;
		~TemporaryFile();

		const std::string& path() const
		{
			return _path;
		}

	private:
		std::string _path;
	};

	TemporaryFile _file;
	TemporaryFile _keyFile;
};


//
// inlines
//
inline const std::string& Certificate::path() const
{
	return _file.path();
}


inline const std::string& Certificate::keyPath() const
{
	return _keyFile.path();
}


#endif // Certificate_INCLUDED
