#
# sanitize [--build]
#                 run all tests under ThreadSanitizer, then under AddressSanitizer and UndefinedBehaviorSanitizer, and print
#                 how much of EVNet/ the latter reach; fails if that is less than 92 %; with --build, only build them

install_packages $BUILD_PACKAGES $COVERAGE_PACKAGES
export TSAN_OPTIONS="suppressions=$PWD/testsuite/tsan.supp halt_on_error=1 second_deadlock_stack=1"
export ASAN_OPTIONS="detect_leaks=1" UBSAN_OPTIONS="print_stacktrace=1"

# run_sanitized SANITIZERS [CMAKE_OPTION...]
run_sanitized()
{
	local directory=${1%%,*} sanitizers=$1
	shift
	echo "dev: tests with -fsanitize=$sanitizers"
	build EVNet-testrunner "$directory" $SANITIZED -DEVNET_SANITIZE="$sanitizers" "$@"
	[ -n "$only_build" ] || run_in_parts "$BUILD/$directory/bin/EVNet-testrunner" "$BUILD/$directory"
}

only_build=
[ "${1:-}" != --build ] || only_build=yes
run_sanitized thread
[ ! -d "$BUILD/address" ] || forget_coverage "$BUILD/address"
run_sanitized address,undefined -DEVNET_COVERAGE=ON
[ -n "$only_build" ] || report_coverage "$BUILD/address"
