//
// AllocCounter.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  AllocCounter
//
// Counts the allocations of a process (Linux with glibc): to be loaded with LD_PRELOAD.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//
// On SIGUSR2 the counts so far are written, one "name value" a line, to the file named by the
// environment variable ALLOC_COUNTER_FILE. The file appears complete or not at all.
//
// If ALLOC_COUNTER_MODULE is set (e.g. libPocoEVNet.so), each allocation is put down to somebody:
//
//   module       code of the module asked for memory, itself or through the C or C++
//                run-time library or libev
//   module_poco  POCO asked, because the module called it
//   other        somebody else: POCO on its own or for the application, and the application,
//                which the module calls as well (handlers, factories)
//
// The nearest stack frame that is not the run-time library decides. "Anything in the module among
// the nearest frames" would not do: the engine is on the stack below every handler.
//
// Allocations by operator new are seen as the malloc that they make.
//


#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>


extern "C"
{
	// glibc's own allocator, under the names it exports for this purpose.
	void* __libc_malloc(std::size_t size);
	void* __libc_calloc(std::size_t count, std::size_t size);
	void* __libc_realloc(void* pMemory, std::size_t size);
	void* __libc_memalign(std::size_t alignment, std::size_t size);
}


namespace
{
	enum Kind
		/// To whom a piece of code belongs.
	{
		KIND_OTHER,
		KIND_RUNTIME,
			/// Allocates for its caller: look there.
		KIND_POCO,
		KIND_MODULE
	};

	struct Range
	{
		std::uintptr_t begin;
		std::uintptr_t end;
		std::uintptr_t base;
		Kind kind;
	};

	struct Site
		/// A place in the module that allocated.
	{
		std::atomic<std::uintptr_t> offset;
		std::atomic<std::uint64_t> count;
	};

	const int MAX_RANGES = 256;
	const int MAX_FRAMES = 32;
	const int MAX_SITES  = 64;
	const int MAX_PATH   = 1024;

	std::atomic<std::uint64_t> allocations;
	std::atomic<std::uint64_t> bytesAsked;
	std::atomic<std::uint64_t> byKind[KIND_MODULE + 1];
	std::atomic<std::uint64_t> byModuleThroughPoco;
	Site sites[MAX_SITES];

	Range ranges[MAX_RANGES];
	int rangeCount = 0;
	const char* pModuleName = nullptr;
	std::atomic<bool> attributing;

	char path[MAX_PATH];
	char temporaryPath[MAX_PATH];

	// backtrace() may allocate itself. The TLS model makes sure that
	// the access to this variable does not.
	__attribute__((tls_model("initial-exec"))) thread_local bool inside = false;


	Kind kindOf(const char* pName)
	{
		static const char* const runtimes[] = {"libstdc++", "libc++", "libc.so", "libc-", "libgcc_s", "libpthread", "ld-linux", "libm.so",
			"libev.so", "AllocCounter"};

		const char* pSlash = std::strrchr(pName, '/');
		const char* pBase = pSlash ? pSlash + 1 : pName;
		if (std::strstr(pBase, pModuleName)) return KIND_MODULE;
		for (const char* pRuntime: runtimes)
		{
			if (std::strstr(pBase, pRuntime)) return KIND_RUNTIME;
		}
		return std::strstr(pBase, "libPoco") ? KIND_POCO : KIND_OTHER;
	}

	int addRanges(dl_phdr_info* pInfo, std::size_t, void*)
	{
		for (int i = 0; i < pInfo->dlpi_phnum && rangeCount < MAX_RANGES; i++)
		{
			const ElfW(Phdr)& header = pInfo->dlpi_phdr[i];
			if (header.p_type != PT_LOAD || !(header.p_flags & PF_X)) continue;
			Range& range = ranges[rangeCount++];
			range.base  = pInfo->dlpi_addr;
			range.begin = pInfo->dlpi_addr + header.p_vaddr;
			range.end   = range.begin + header.p_memsz;
			range.kind  = kindOf(pInfo->dlpi_name);
		}
		return 0;
	}

	const Range* find(const void* pAddress)
	{
		const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(pAddress);
		for (int i = 0; i < rangeCount; i++)
		{
			if (address >= ranges[i].begin && address < ranges[i].end) return &ranges[i];
		}
		return nullptr;
	}

	void countSite(std::uintptr_t offset)
		/// Finds or claims a slot; when all are taken, the site is not listed.
	{
		for (Site& site: sites)
		{
			std::uintptr_t taken = 0;
			if (site.offset.compare_exchange_strong(taken, offset) || taken == offset)
			{
				site.count++;
				return;
			}
		}
	}

	void attribute()
	{
		void* frames[MAX_FRAMES];
		const int depth = backtrace(frames, MAX_FRAMES);
		bool poco = false;
		for (int i = 0; i < depth; i++)
		{
			const Range* pRange = find(frames[i]);
			const Kind kind = pRange ? pRange->kind : KIND_OTHER;
			if (kind == KIND_RUNTIME) continue;
			if (kind == KIND_POCO)
			{
				poco = true;
				continue;
			}
			if (kind == KIND_MODULE)
			{
				if (poco) byModuleThroughPoco++;
				else byKind[KIND_MODULE]++;
				countSite(reinterpret_cast<std::uintptr_t>(frames[i]) - pRange->base);
				return;
			}
			break;
		}
		byKind[KIND_OTHER]++;
	}

	void count(std::size_t bytes)
	{
		allocations.fetch_add(1, std::memory_order_relaxed);
		bytesAsked.fetch_add(bytes, std::memory_order_relaxed);
		if (attributing.load(std::memory_order_acquire) && !inside)
		{
			inside = true;
			attribute();
			inside = false;
		}
	}


	class Report
		/// Writes with nothing that a signal handler may not call.
	{
	public:
		explicit Report(int fd):
			_fd(fd)
		{
		}

		~Report()
		{
			flush();
		}

		void line(const char* pName, std::uint64_t value, int base = 10)
		{
			if (_length + 128 > sizeof(_buffer)) flush();
			text(pName);
			text(base == 16 ? " 0x" : " ");
			number(value, base);
			text("\n");
		}

	private:
		void text(const char* pText)
		{
			while (*pText) _buffer[_length++] = *pText++;
		}

		void number(std::uint64_t value, unsigned base)
		{
			char digits[24];
			int length = 0;
			do digits[length++] = "0123456789abcdef"[value % base]; while (value /= base);
			while (length) _buffer[_length++] = digits[--length];
		}

		void flush()
		{
			std::size_t written = 0;
			while (written < _length)
			{
				const ssize_t n = write(_fd, _buffer + written, _length - written);
				if (n <= 0) break;
				written += static_cast<std::size_t>(n);
			}
			_length = 0;
		}

		int _fd;
		char _buffer[2048];
		std::size_t _length = 0;
	};

	void dump(int)
	{
		const int savedErrno = errno;
		const int fd = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd >= 0)
		{
			bool found = false;
			for (int i = 0; i < rangeCount; i++) found = found || ranges[i].kind == KIND_MODULE;
			{
				Report report(fd);
				report.line("allocations", allocations);
				report.line("bytes", bytesAsked);
				report.line("module_found", found);
				report.line("module", byKind[KIND_MODULE]);
				report.line("module_poco", byModuleThroughPoco);
				report.line("other", byKind[KIND_OTHER]);
				for (Site& site: sites)
				{
					if (!site.count) continue;
					report.line("site", site.offset, 16);
					report.line("site_count", site.count);
				}
			}
			close(fd);
			rename(temporaryPath, path);
		}
		errno = savedErrno;
	}

	__attribute__((constructor)) void initialize()
	{
		const char* pPath = std::getenv("ALLOC_COUNTER_FILE");
		if (!pPath || std::strlen(pPath) + 5 > sizeof(path)) return;
		std::strcpy(path, pPath);
		std::strcpy(temporaryPath, pPath);
		std::strcat(temporaryPath, ".tmp");

		pModuleName = std::getenv("ALLOC_COUNTER_MODULE");
		if (pModuleName && *pModuleName)
		{
			dl_iterate_phdr(addRanges, nullptr);
			void* frame;
			backtrace(&frame, 1); // loads the unwinder, which allocates
			attributing.store(true, std::memory_order_release);
		}

		struct sigaction action{};
		action.sa_handler = dump;
		action.sa_flags = SA_RESTART;
		sigaction(SIGUSR2, &action, nullptr);
	}
}


//
// What takes the place of the C library's functions. free() stays what it is.
//
#define EXPORTED extern "C" __attribute__((visibility("default")))


EXPORTED void* malloc(std::size_t size) noexcept
{
	count(size);
	return __libc_malloc(size);
}


EXPORTED void* calloc(std::size_t number, std::size_t size) noexcept
{
	count(number * size);
	return __libc_calloc(number, size);
}


EXPORTED void* realloc(void* pMemory, std::size_t size) noexcept
{
	if (size || !pMemory) count(size); // else it is a free()
	return __libc_realloc(pMemory, size);
}


EXPORTED void* memalign(std::size_t alignment, std::size_t size) noexcept
{
	count(size);
	return __libc_memalign(alignment, size);
}


EXPORTED void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
	count(size);
	return __libc_memalign(alignment, size);
}


EXPORTED int posix_memalign(void** ppMemory, std::size_t alignment, std::size_t size) noexcept
{
	if (alignment < sizeof(void*) || (alignment & (alignment - 1))) return EINVAL;
	count(size);
	void* pMemory = __libc_memalign(alignment, size);
	if (!pMemory) return ENOMEM;
	*ppMemory = pMemory;
	return 0;
}
