//
// Certificate.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Certificate.h"
#include "Poco/Exception.h"
#include "Poco/Path.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <unistd.h>


namespace
{
	const long VALID_SECONDS = 30*24*3600;
	const int RSA_BITS = 2048;

	struct Free
	{
		void operator () (EVP_PKEY* p) const { EVP_PKEY_free(p); }
		void operator () (EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
		void operator () (X509* p) const { X509_free(p); }
		void operator () (X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
		void operator () (std::FILE* p) const { std::fclose(p); }
	};

	using Key = std::unique_ptr<EVP_PKEY, Free>;
	using File = std::unique_ptr<std::FILE, Free>;

	void require(bool condition, const char* what)
	{
		if (!condition) throw Poco::RuntimeException(std::string("Cannot make a certificate: ") + what);
	}

	Key makeKey(Certificate::KeyType type)
	{
		const bool ec = type == Certificate::KEY_EC;
		std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new_id(ec ? EVP_PKEY_EC : EVP_PKEY_RSA, nullptr));
		require(context && EVP_PKEY_keygen_init(context.get()) > 0, "no generator of keys");
		const int known = ec
			? EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1)
			: EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), RSA_BITS);
		require(known > 0, "unknown kind of key");
		EVP_PKEY* pKey = nullptr;
		require(EVP_PKEY_keygen(context.get(), &pKey) > 0, "no key");
		return Key(pKey);
	}

	void addExtension(X509* pCertificate, int id, const char* value)
	{
		X509V3_CTX context;
		X509V3_set_ctx_nodb(&context);
		X509V3_set_ctx(&context, pCertificate, pCertificate, nullptr, nullptr, 0);
		std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
		require(extension && X509_add_ext(pCertificate, extension.get(), -1), "an extension is refused");
	}

	File openFile(const std::string& path)
	{
		File file(std::fopen(path.c_str(), "we"));
		if (!file) throw Poco::OpenFileException(path);
		return file;
	}
}


Certificate::TemporaryFile::TemporaryFile():
	_path(Poco::Path::temp() + "certificate-XXXXXX")
{
	const int fd = ::mkostemp(&_path[0], O_CLOEXEC); // may be read by its owner only
	if (fd < 0) throw Poco::CreateFileException(_path);
	::close(fd);
}


Certificate::TemporaryFile::~TemporaryFile()
{
	::unlink(_path.c_str());
}


Certificate::Certificate(const std::string& commonName, KeyType keyType)
{
	const Key key = makeKey(keyType);
	std::unique_ptr<X509, Free> certificate(X509_new());
	require(certificate != nullptr, "no memory");
	X509* p = certificate.get();
	// Browsers refuse a second certificate with the same issuer and number.
	Poco::UInt32 number = 0;
	require(RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof(number)) == 1, "no random numbers");
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(p), number + Poco::UInt64(1));
	X509_set_version(p, 2); // which is version 3
	X509_gmtime_adj(X509_getm_notBefore(p), -3600);
	X509_gmtime_adj(X509_getm_notAfter(p), VALID_SECONDS);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(p), "CN", MBSTRING_ASC,
		reinterpret_cast<const unsigned char*>(commonName.c_str()), -1, -1, 0);
	X509_set_issuer_name(p, X509_get_subject_name(p));
	addExtension(p, NID_basic_constraints, "critical,CA:TRUE"); // so that it can be given as its own authority
	addExtension(p, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
	require(X509_set_pubkey(p, key.get()) && X509_sign(p, key.get(), EVP_sha256()) > 0, "no signature");

	require(PEM_write_X509(openFile(_file.path()).get(), p) > 0, "it cannot be written");
	require(PEM_write_PrivateKey(openFile(_keyFile.path()).get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) > 0,
		"the key cannot be written");
}
