#
# run [--exit]    install what is needed, build, show the HTTP keep-alive sample with thousands of connections beside
#                 Poco's HTTPServer, and leave it running; with --exit, end after the comparison. Further options are
#                 those of samples/demo/keepalive-demo.py

install_packages $BUILD_PACKAGES $DEMO_PACKAGES
build samples/all Release -DCMAKE_BUILD_TYPE=Release
exec python3 samples/demo/keepalive-demo.py --bin "$BUILD/Release/bin" "$@"
