#
# net-patches [SUITE]
#                 fetch Poco's source package, apply the patches of Net-patches/ for that release, build Poco with EVNet
#                 as one of its components, and run the tests of EVNet there; SUITE is a Debian that has another Poco
#                 than this one (sid: 1.14.2)

# What POCO's build makes by default, but EVNet does not need
POCO_OMIT="ENCODINGS MONGODB REDIS JWT DATA DATA_SQLITE DATA_MYSQL DATA_POSTGRESQL DATA_ODBC ZIP PAGECOMPILER
	PAGECOMPILER_FILE2PAGE ACTIVERECORD ACTIVERECORD_COMPILER APACHECONNECTOR PROMETHEUS"

install_packages $BUILD_PACKAGES $POCO_PACKAGES $NET_PATCHES_PACKAGES
source=$BUILD/poco-${1:-$(poco_version)}
[ -d "$source" ] || fetch_poco_source "$source" "$@"
version=$(dpkg-parsechangelog -l "$source/debian/changelog" -S Version)
version=${version%-*}
compgen -G "Net-patches/$version/*.patch" >/dev/null || fail "there are no patches for Poco $version in Net-patches/"
directory=$BUILD/net-patches-$version

echo "dev: patching Poco $version"
poco=$directory/poco git=(git -c user.name=EVNet -c user.email=evnet@example.org -c core.autocrlf=false)
# Anew, the objects as well: the copied files may be older than objects that were made of other ones.
rm -rf "$directory"
mkdir -p "$directory"
cp -a "$source" "$poco"
{
	git -C "$poco" init -q && git -C "$poco" add -Af . && "${git[@]}" -C "$poco" commit -qm "POCO $version" &&
	"${git[@]}" -C "$poco" am "$PWD/Net-patches/$version"/*.patch
} >"$directory.log" 2>&1 || { tail -20 "$directory.log" >&2; exit 1; }
cp -a EVNet "$poco"
cp -a testsuite samples "$poco/EVNet"

cmake -S "$poco" -B "$directory/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DPOCO_UNBUNDLED=ON \
	-DENABLE_TESTS=ON -DENABLE_NETSSL=ON -DENABLE_EVNET=ON $(printf -- '-DENABLE_%s=OFF ' $POCO_OMIT) >>"$directory.log" 2>&1 ||
	{ tail -50 "$directory.log" >&2; exit 1; }
cmake --build "$directory/build" --parallel "$JOBS" --target EVNet NetSSL EVNet-testrunner
timeout 900 "$directory/build/bin/EVNet-testrunner" -all

# POCO's other build: make, with lists of sources of its own. Nothing may be undefined, as it is if one is missing there.
echo "dev: building EVNet with POCO's Makefile"
(cd "$poco" && ./configure --config=Linux --unbundled --no-tests --no-samples && POCO_BASE=$PWD make -C EVNet -j"$JOBS" shared_release \
	SYSLIBS="-L$OLDPWD/$directory/build/lib -lpthread -ldl -lrt -lev -Wl,-z,defs") >>"$directory.log" 2>&1 ||
	{ tail -50 "$directory.log" >&2; exit 1; }
echo "dev: EVNet works as a component of Poco $version with the patches"
