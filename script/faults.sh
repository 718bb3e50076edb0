#
# faults [--short] [KIND [CALL]]
#                 let each call of a server fail in turn, for each kind of request (see testsuite/faults/README.md),
#                 then once more with AddressSanitizer, then the N-th call of all in a server without threads;
#                 --short does less, and the first part only without sanitizers
# faults nth [--short] [KIND [N [ERROR [lasting]]]]
#                 only the last part

export ASAN_OPTIONS="detect_leaks=1" UBSAN_OPTIONS="print_stacktrace=1"

# build_sanitized TARGET
build_sanitized()
{
	build "$1" address $SANITIZED -DEVNET_SANITIZE=address,undefined -DEVNET_CHAOS=ON
}

install_packages $BUILD_PACKAGES
if [ "${1:-}" != nth ]; then
	build EVNetFaults Release -DCMAKE_BUILD_TYPE=Release -DEVNET_CHAOS=ON
	"$BUILD/Release/bin/EVNetFaults" "$@"
	case " $* " in
		*" --short "*) ;;
		*)
			build_sanitized EVNetFaults
			"$BUILD/address/bin/EVNetFaults" "$@"
			;;
	esac
	nth=()
	for argument; do
		case $argument in
			--short|--jobs=*) nth+=("$argument") ;;
			-*) ;;
			*) exit ;; # a kind of the first part
		esac
	done
else
	nth=("${@:2}")
fi
build_sanitized EVNetNthFault
"$BUILD/address/bin/EVNetNthFault" "${nth[@]}"
