#
# sanitize [--build]
#                 run all tests under ThreadSanitizer, then under AddressSanitizer and UndefinedBehaviorSanitizer;
#                 with --build, only build them

install_packages $BUILD_PACKAGES
export TSAN_OPTIONS="suppressions=$PWD/testsuite/tsan.supp halt_on_error=1 second_deadlock_stack=1"
export ASAN_OPTIONS="detect_leaks=1" UBSAN_OPTIONS="print_stacktrace=1"
for sanitizers in thread address,undefined; do
	echo "dev: tests with -fsanitize=$sanitizers"
	build EVNet-testrunner "${sanitizers%%,*}" $SANITIZED -DEVNET_SANITIZE="$sanitizers"
	[ "${1:-}" = --build ] || run_in_parts "$BUILD/${sanitizers%%,*}/bin/EVNet-testrunner" "$BUILD/${sanitizers%%,*}"
done
