#
# websocket [CASE...]
#                 install, build, and test the sample EVWebSocketServer: with python3-websockets, and its page in
#                 headless Chromium; or only the cases of the former that are named

install_packages $BUILD_PACKAGES $WEBSOCKET_PACKAGES
build EVWebSocketServer Release -DCMAKE_BUILD_TYPE=Release
tests=samples/EVWebSocketServer/test program=$BUILD/Release/bin/EVWebSocketServer
# Debian's python3, for which the package is
timeout 300 /usr/bin/python3 "$tests/websocket-test.py" "$program" "$@"
[ $# -gt 0 ] || timeout 300 /usr/bin/python3 "$tests/browser-test.py" "$program"
