#
# matrix [CELL...]
#                 build without a warning, and run all tests, with Poco 1.11, 1.13 and 1.14, each with gcc and clang of
#                 the Debian that has it, or in the cells named (1.11-gcc, 1.14-clang); needs root. build/matrix/ keeps
#                 the three Debians; remove it to have newer ones

# What matrix runs: versions of Poco, each with the Debian that has it
MATRIX_SUITES="1.11:bookworm 1.13:trixie 1.14:sid"
MATRIX_TIMEOUT=900 # seconds for all tests of one cell; they take some two minutes

# make_debian SUITE: a Debian with compilers and Poco in $BUILD/matrix/SUITE, from the mirror of this machine. It
# gets its name when it is complete, so one that was interrupted is made anew. One that is kept gets the packages it lacks.
make_debian()
{
	local root=$BUILD/matrix/$1 log=$BUILD/matrix/$1.log mirror
	if [ -d "$root" ]; then
		equip_debian "$root" >>"$log" 2>&1 || { tail -20 "$log" >&2; return 1; }
		return 0
	fi
	mirror=$(debian_mirror) || return 1
	echo "dev: making a Debian $1"
	rm -rf "$root.part"
	# All Debians have the script of sid; debootstrap may be older than the Debian it makes. What it mounts goes with it.
	unshare --mount debootstrap --variant=minbase "$1" "$root.part" "$mirror" sid >"$log" 2>&1 || { tail -20 "$log" >&2; return 1; }
	# The machine's way to the mirror
	apt-config dump | grep -E '^Acquire::(https?|Check)' >"$root.part/etc/apt/apt.conf.d/machine" || true
	equip_debian "$root.part" >>"$log" 2>&1 || { tail -20 "$log" >&2; return 1; }
	mv "$root.part" "$root"
}

# equip_debian ROOT: installs what is not installed yet
equip_debian()
{
	in_debian "$1" bash -euc '
		! dpkg --status "$@" >/dev/null 2>&1 || exit 0
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
	' equip $BUILD_PACKAGES gcc clang libbenchmark-dev
}

# in_debian ROOT COMMAND...: with this source tree at /mnt, which cannot be written to. Mounts and processes have
# namespaces of their own, and end with the command.
in_debian()
{
	cp /etc/hosts /etc/resolv.conf "$1/etc/"
	unshare --mount --pid --fork --kill-child --mount-proc="$1/proc" bash -euc '
		mount --bind -o ro . "$1/mnt"
		chroot "$@" </dev/null || exit # not the last command: bash stays, and reaps orphans
	' matrix "$@"
}

# What a cell does, in its Debian; Poco and the compiler say what they are in the first line.
run_matrix_cell()
{
	local version=$1 compiler=$2 build=/build/$2
	local poco cxx=g++ cc=gcc
	[ "$compiler" = gcc ] || cxx=clang++ cc=clang
	poco=$(dpkg-query -W -f '${source:Upstream-Version}' libpoco-dev)
	echo "$poco $cxx-$($cxx -dumpfullversion 2>/dev/null || $cxx -dumpversion)"
	case $poco in
		"$version".*) ;;
		*) echo "dev: this Debian has Poco $poco, not $version" >&2; exit 1 ;;
	esac
	cmake -S /mnt -B "$build" -G Ninja -DEVNET_WERROR=ON -DCMAKE_BUILD_TYPE=Release -DEVNET_BENCHMARK=ON \
		-DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_COMPILER="$cc"
	cmake --build "$build" --parallel "$JOBS" -- -k 0
	echo "built after $SECONDS s"
	timeout --kill-after=10 "$MATRIX_TIMEOUT" "$build/bin/EVNet-testrunner" -all
}

run_matrix()
{
	[ "$(id -u)" -eq 0 ] || fail "matrix needs root, for chroot"
	local suite compiler cell cells=()
	for suite in $MATRIX_SUITES; do
		for compiler in gcc clang; do cells+=("${suite%:*}-$compiler"); done
	done
	for cell in "$@"; do
		case " ${cells[*]} " in
			*" $cell "*) ;;
			*) echo "dev: matrix has no cell $cell, only ${cells[*]}" >&2; exit 2 ;;
		esac
	done
	[ $# -gt 0 ] || set -- "${cells[@]}"
	install_packages $MATRIX_PACKAGES
	mkdir -p "$BUILD/matrix"
	exec {MATRIX_LOCK}>"$BUILD/matrix/lock"
	flock --nonblock "$MATRIX_LOCK" || fail "matrix is running already"
	local table=$BUILD/matrix/table failed=()
	printf '%-11s %-8s %-17s %7s %7s %8s\n' cell Poco compiler passed failed seconds >"$table"
	for cell in "$@"; do
		for suite in $MATRIX_SUITES; do [ "${suite%:*}" != "${cell%-*}" ] || break; done
		suite=${suite#*:}
		local log=$BUILD/matrix/$cell.log
		make_debian "$suite" || { failed+=("$cell"); continue; }
		echo "dev: $cell"
		local begin=$SECONDS
		in_debian "$BUILD/matrix/$suite" env JOBS="$JOBS" MATRIX_TIMEOUT="$MATRIX_TIMEOUT" \
			bash -euc "$(declare -f run_matrix_cell); run_matrix_cell \"\$@\"" matrix "${cell%-*}" "${cell#*-}" >"$log" 2>&1 ||
			{
				failed+=("$cell")
				grep -E 'error:|FAILED|TIMEOUT' "$log" | head -20 >&2 || true
				echo "dev: $cell has failed, see $log" >&2
			}
		awk -v cell="$cell" -v seconds=$((SECONDS - begin)) '
			NR == 1 { poco = $1; compiler = $2 }
			/^[0-9]+ passed, [0-9]+ failed$/ { passed = $1; failed = $3 }
			END {
				if (passed == "") passed = failed = "-"
				printf "%-11s %-8s %-17s %7s %7s %8d\n", cell, poco, compiler, passed, failed, seconds
			}
		' "$log" >>"$table"
	done
	cat "$table"
	[ ${#failed[@]} -eq 0 ] || fail "failed: ${failed[*]}"
}

run_matrix "$@"
