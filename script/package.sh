#
# package         make Debian packages, build/package/*.deb, and try them: in a Debian of their own (debootstrap, kept in
#                 build/), the application in README.md is built with them and asked; the latter needs root

# What lintian would say about every package of this project: there is no address to write to, the packages are not for
# Debian's archive, and cpack adds calls of ldconfig beside the trigger.
LINTIAN_SUPPRESS=malformed-contact,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs,maintscript-calls-ldconfig

make_packages()
{
	local flags
	# The same source makes the same packages
	SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
	export SOURCE_DATE_EPOCH
	flags="$(dpkg-buildflags --get CPPFLAGS) $(dpkg-buildflags --get CXXFLAGS)"
	rm -f "$BUILD"/package/*.deb
	build all package -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DEVNET_TESTS=OFF -DEVNET_SAMPLES=OFF -DEVNET_PACKAGES=ON \
		-DCMAKE_CXX_FLAGS="$flags" -DCMAKE_SHARED_LINKER_FLAGS="$(dpkg-buildflags --get LDFLAGS)"
	(cd "$BUILD/package"; umask 022; cpack) >"$BUILD/package.cpack.log" 2>&1 || { cat "$BUILD/package.cpack.log" >&2; exit 1; }
	lintian --allow-root --suppress-tags "$LINTIAN_SUPPRESS" --fail-on error,warning "$BUILD"/package/*.deb
	ls "$BUILD"/package/*.deb
}

# make_debian DIRECTORY: a Debian like that of the machine, from the same mirror, with compiler and CMake. What the packages
# depend on is only downloaded: apt has to find out itself that it is needed.
make_debian()
{
	local suite mirror log=$1.log
	suite=$(debian_codename)
	mirror=$(debian_mirror)
	echo "dev: making a Debian to try the packages in"
	rm -rf --one-file-system "$1.new"
	{
		debootstrap --variant=minbase --include=ca-certificates "$suite" "$1.new" "$mirror" &&
		in_debian "$1.new" 'apt-get update && apt-get install -y --no-install-recommends g++ make cmake pkg-config && apt-get clean &&
			apt-get install -y --no-install-recommends --download-only libpoco-dev libev-dev'
	} >"$log" 2>&1 || { tail -20 "$log" >&2; exit 1; }
	mv "$1.new" "$1"
}

# in_debian DIRECTORY SCRIPT
in_debian()
{
	chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} bash -euc "$2"
}

# readme_blocks DIRECTORY: writes each block of README.md that is marked with "./dev package tries: FILE" to that file
readme_blocks()
{
	awk -v directory="$1" '
		/^<!-- \.\/dev package tries: [A-Za-z.]+ -->$/ { file = $5; next }
		file && /^```/ { if (inside) file = ""; inside = !inside; next }
		file && inside { print >(directory "/" file) }
	' README.md
}

try_packages()
{
	[ "$(id -u)" -eq 0 ] || fail "the packages are made; to try them needs root (debootstrap, chroot)"
	local debian=$PWD/$BUILD/debian try=$PWD/$BUILD/debian-try
	[ -d "$debian" ] || make_debian "$debian"
	# A copy, so that nothing is there of the packages that were tried before
	rm -rf --one-file-system "$try"
	cp -a --reflink=auto "$debian" "$try"
	mkdir "$try/packages" "$try/application"
	cp "$BUILD"/package/*.deb "$try/packages"
	readme_blocks "$try/application"
	cp packaging/try.sh "$try/application"
	echo "dev: installing the packages"
	in_debian "$try" 'apt-get install -y --no-install-recommends /packages/*.deb' >"$try.log" 2>&1 || { tail -20 "$try.log" >&2; exit 1; }
	# With a network of its own, where that is allowed: the port is free there
	local network=()
	! unshare --net ip link set lo up 2>/dev/null || network=(unshare --net)
	export -f in_debian
	"${network[@]}" bash -euc '[ "$2" = 0 ] || ip link set lo up; in_debian "$1" "cd /application; bash try.sh"' try "$try" "${#network[@]}"
	rm -rf --one-file-system "$try"
	echo "dev: the packages work"
}

install_packages $BUILD_PACKAGES $PACKAGING_PACKAGES
make_packages
try_packages
