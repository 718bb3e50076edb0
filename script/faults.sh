#
# faults [--short] [KIND [CALL]]
#                 let each call of a server fail in turn, for each kind of request (see testsuite/faults/README.md),
#                 then once more with AddressSanitizer; --short does less, and only without sanitizers

install_packages $BUILD_PACKAGES
build EVNetFaults Release -DCMAKE_BUILD_TYPE=Release -DEVNET_CHAOS=ON
"$BUILD/Release/bin/EVNetFaults" "$@"
case " $* " in *" --short "*) exit ;; esac
build EVNetFaults address $SANITIZED -DEVNET_SANITIZE=address,undefined -DEVNET_CHAOS=ON
ASAN_OPTIONS="detect_leaks=1" UBSAN_OPTIONS="print_stacktrace=1" "$BUILD/address/bin/EVNetFaults" "$@"
