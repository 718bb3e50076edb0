#
# test [CASE...]  install, build, and run all tests, or those named

install_packages $BUILD_PACKAGES
build all Release -DCMAKE_BUILD_TYPE=Release
"$BUILD/Release/bin/EVNet-testrunner" "${@:--all}"
