#!/usr/bin/env bash
#
# Compiles the application of README.md, in the current folder, with the packages that are installed, by CMake and without,
# and asks each of the two programs for "/". ./dev package runs it in a Debian of its own.

set -euo pipefail

PORT=8080 # that of the application

fail()
{
	echo "try: $*" >&2
	exit 1
}

# ask PROGRAM
ask()
{
	! { : <>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null || fail "port $PORT is taken by another program"
	# Else it could be something that is not from the package
	[[ $(ldd "$1") == *"libPocoEVNet.so.0 => /"* ]] || fail "$1 does not load libPocoEVNet.so.0"
	coproc app { exec timeout 60 "$1"; }
	local pid=$! input=${app[1]} answer='' line='' status=0 tries=0
	# The client of "Connection: close" reads to the end
	while ! exec 3<>"/dev/tcp/127.0.0.1/$PORT"; do
		[ $((tries += 1)) -lt 100 ] && kill -0 "$pid" || fail "$1 does not listen on port $PORT"
		sleep 0.1
	done 2>/dev/null
	printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
	answer=$(timeout 10 cat <&3) || fail "$1 does not end its answer"
	exec 3>&-
	echo >&"$input" # Enter
	wait "$pid" || status=$?
	IFS= read -r line <<<"$answer"
	echo "try: $1: ${line%$'\r'}, $(tail -n 1 <<<"$answer"), ended with $status"
	[ "$line" = $'HTTP/1.1 200 OK\r' ] && [[ $answer == *$'\r\n\r\nHello, world!' ]] && [ "$status" -eq 0 ] ||
		fail "the answer of $1 is: $answer"
}

sh -e compile.sh
ask ./app

cmake -S . -B build >cmake.log 2>&1 && cmake --build build >>cmake.log 2>&1 || { cat cmake.log >&2; fail "CMake has failed"; }
ask build/app
