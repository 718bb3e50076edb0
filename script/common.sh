#
# What several commands share. dev reads it first, then the one command; both run in the top folder.
#
# shellcheck disable=SC2034 # the commands use these variables

BUILD=build
JOBS=$(nproc)

# What has to be installed for a task: the compiler and libraries always.
BUILD_PACKAGES="g++ cmake ninja-build pkg-config libpoco-dev libssl-dev openssl libev-dev libcppunit-dev"
DEMO_PACKAGES="python3 wrk"
CLUSTER_PACKAGES="python3 haproxy"
LINT_PACKAGES="git python3 clang-format clang-tidy shellcheck"
FUZZ_PACKAGES="clang libclang-rt-14-dev"
COVERAGE_PACKAGES="gcovr"
CHAOS_PACKAGES="slowhttptest iproute2 python3"
POCO_PACKAGES="dpkg-dev libssl-dev"
NET_PATCHES_PACKAGES="git libexpat1-dev libpcre3-dev libpcre2-dev libutf8proc-dev zlib1g-dev" # pcre3: 1.11, pcre2 and utf8proc: later
DOCS_PACKAGES="doxygen python3 g++ libpoco-dev"
WEBSOCKET_PACKAGES="python3 python3-websockets chromium"
PACKAGING_PACKAGES="dpkg-dev file lintian debootstrap iproute2"
MATRIX_PACKAGES="debootstrap"
BENCH_PACKAGES="python3 strace wrk openssl nginx-light h2o libmicrohttpd-dev libevent-dev
	libcpp-httplib-dev gnuplot-nox libbenchmark-dev libhttp-parser-dev libh2o-evloop-dev node-llhttp"
INSTRUCTIONS_PACKAGES="python3 valgrind libbenchmark-dev"

# What a build with sanitizers needs: static, so that each source is compiled once, and the tests of internal classes use what the others
# use
SANITIZED="-DCMAKE_BUILD_TYPE=RelWithDebInfo -DBUILD_SHARED_LIBS=OFF -DEVNET_SAMPLES=OFF"

# fail TEXT
fail()
{
	echo "dev: $*" >&2
	exit 1
}

install_packages()
{
	[ -z "${EVNET_NO_INSTALL:-}" ] || return 0
	local missing=()
	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	local sudo=()
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || fail "needs root or sudo to install: ${missing[*]}"
		sudo=(sudo)
	fi
	echo "dev: installing ${missing[*]}"
	"${sudo[@]}" apt-get update -qq
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	case " ${missing[*]} " in
		# Debian starts it as a service. It is not needed here; one that was there before is left alone.
		*" haproxy "*) "${sudo[@]}" systemctl -q disable --now haproxy 2>/dev/null || true ;;
	esac
}

# build TARGET DIRECTORY [CMAKE_OPTION...]
build()
{
	local target=$1 directory=$BUILD/$2
	shift 2
	cmake -S . -B "$directory" -G Ninja -DEVNET_WERROR=ON "$@" >"$directory.log" 2>&1 || { cat "$directory.log" >&2; exit 1; }
	cmake --build "$directory" --parallel "$JOBS" --target "$target"
}

# run_in_parts TESTRUNNER LOGS: all tests, by several processes side by side, since most of them wait most of the time
run_in_parts()
{
	local part parts=3 processes=() failed=0
	for ((part = 1; part <= parts; part++)); do
		"$1" -all -timeout 180 -part $part/$parts >"$2.$part.log" 2>&1 &
		processes+=($!)
	done
	for ((part = 1; part <= parts; part++)); do
		if wait "${processes[part - 1]}"; then
			echo "dev: part $part of $parts: $(tail -n 1 "$2.$part.log")"
		else
			cat "$2.$part.log"
			echo "dev: part $part of $parts has failed: $1 -all -part $part/$parts" >&2
			failed=1
		fi
	done
	return $failed
}

COVERAGE_MINIMUM=92 # percent of the lines of EVNet/

# forget_coverage DIRECTORY: of a build with EVNET_COVERAGE. The counts of several processes are added up when they end.
forget_coverage()
{
	find "$1" -name '*.gcda' -delete
}

# report_coverage DIRECTORY: prints how much of EVNet/ what has run since then has reached; fails if that is less than COVERAGE_MINIMUM
report_coverage()
{
	gcovr --root . --filter EVNet/ --csv "$1/files.csv" --txt "$1/report.txt" "$1"
	tail -n +2 "$1/files.csv" | LC_ALL=C sort -t, -k4,4n -k1,1 | LC_ALL=C awk -F, -v minimum="$COVERAGE_MINIMUM" '
		{ printf "%6.1f %%  %s\n", 100*$4, $1; lines += $2; covered += $3 }
		END {
			printf "%6.1f %%  of %d lines in all, at least %d %% wanted\n", 100*covered/lines, lines, minimum
			exit 100*covered < minimum*lines
		}
	' || fail "too little is covered; $1/report.txt lists the lines that are missing"
}

debian_codename()
{
	(. /etc/os-release; echo "${VERSION_CODENAME:-sid}")
}

# debian_mirror: prints where apt has the Debian of this machine from; other suites are there as well. Fails if apt has no source of
# it. A repository of somebody else may call its suite as Debian does, so one that says it is Debian comes first.
debian_mirror()
{
	local mirror codename
	codename=$(debian_codename)
	mirror=$(apt-get indextargets --format '$(RELEASE) $(CODENAME) $(COMPONENT) $(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
		awk -v suite="$codename" '
			($1 == suite || $2 == suite) && $3 == "main" && $4 ~ /^(https?|file):/ {
				if (!mirror || (!known && $5 == "Debian")) mirror = $4
				known = known || $5 == "Debian"
			}
			END { print mirror }
		')
	[ -n "$mirror" ] || { echo "dev: apt's sources have no mirror of $codename" >&2; return 1; }
	echo "$mirror"
}

# poco_version: that of Debian's package, with its revision
poco_version()
{
	dpkg-query -W -f '${source:Version}' libpoco-dev
}

# fetch_poco_source DIRECTORY [SUITE]: unpacks Debian's source package of the Poco that is installed, or of the one in SUITE. apt
# gets sources and state of its own: the machine's sources, as deb-src, and nothing of the machine changes.
fetch_poco_source()
{
	local apt=$PWD/$1.apt package=poco file mirror
	rm -rf "$apt" "$1"
	mkdir -p "$apt/etc" "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/source"
	if [ $# -gt 1 ]; then
		mirror=$(debian_mirror)
		echo "deb-src $mirror $2 main" >"$apt/etc/suite.list"
	else
		package+="=$(poco_version)"
		for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
			[ ! -f "$file" ] || sed -n 's/^[[:space:]]*deb[[:space:]]/deb-src /p' "$file" >"$apt/etc/${file##*/}.list"
		done
		for file in /etc/apt/sources.list.d/*.sources; do
			[ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/etc/${file##*/}"
		done
	fi
	local options=(-qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/etc" -o Dir::State::lists="$apt/lists"
		-o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root)
	echo "dev: fetching the source of Poco"
	# A repository that fails may be another one than Poco's, so that does not matter yet
	(cd "$apt/source"; apt-get "${options[@]}" update || true; apt-get "${options[@]}" source "$package") >"$apt.log" 2>&1 ||
		{ cat "$apt.log" >&2; fail "cannot fetch the source package $package"; }
	mv "$apt"/source/poco-*/ "$PWD/$1"
	rm -rf "$apt"
}
