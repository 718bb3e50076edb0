#
# chaos [--short] [SCENARIO...]
#                 build, and run the chaos tests (see testsuite/chaos/README.md), or those named: slow clients, system
#                 calls that fail, too few descriptors, a soak, a bad network; --short takes some two minutes, without
#                 it half an hour

install_packages $BUILD_PACKAGES $CHAOS_PACKAGES
build EVNetChaos Release -DCMAKE_BUILD_TYPE=Release -DEVNET_CHAOS=ON
sanitized=()
case " $* " in
	*" --short "*|*" --help "*) ;;
	*)
		build EVNetChaos address $SANITIZED -DEVNET_SANITIZE=address,undefined -DEVNET_CHAOS=ON
		sanitized=(--sanitized "$BUILD/address")
		export ASAN_OPTIONS="detect_leaks=1" UBSAN_OPTIONS="print_stacktrace=1"
		;;
esac
exec python3 testsuite/chaos/chaos.py --build "$BUILD/Release" "${sanitized[@]}" "$@"
