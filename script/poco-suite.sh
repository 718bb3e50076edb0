#
# poco-suite [SUITE...]
#                 fetch Poco's source package, and run Poco's own tests of TCPServer and HTTPServer with EVNet's servers
#                 (see testsuite/poco/README.md), or the suites named

POCO_SUITES="Net-TCPServerTest Net-HTTPServerTest Net-WebSocketTest NetSSL-TCPServerTest NetSSL-HTTPSServerTest"

install_packages $BUILD_PACKAGES $POCO_PACKAGES
source=$BUILD/poco-$(poco_version)
[ -d "$source" ] || fetch_poco_source "$source"
build EVNetPocoSuite Release -DCMAKE_BUILD_TYPE=Release -DPOCO_SOURCE="$PWD/$source"
[ $# -gt 0 ] || set -- $POCO_SUITES
failed=() passes=0
for suite in "$@"; do
	log=$BUILD/$suite.log
	echo "dev: $suite"
	timeout 300 "$BUILD/Release/testsuite/poco/$suite" -all 2>&1 | tee "$log" || failed+=("$suite")
	passes=$((passes + $(awk '$1 == "OK" { n = substr($2, 2) } $1 == "Runs:" { n = $2 - $4 - $6 } END { print n + 0 }' "$log")))
done
echo "dev: $passes of Poco's tests have passed"
[ ${#failed[@]} -eq 0 ] || fail "failed: ${failed[*]}"
