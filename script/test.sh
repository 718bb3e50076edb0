#
# test [CASE...]  install, build, and run all tests, or those named

install_packages $BUILD_PACKAGES
build all Release -DCMAKE_BUILD_TYPE=Release
runner=$BUILD/Release/bin/EVNet-testrunner
if [ $# -gt 0 ]; then "$runner" "$@"; else run_in_parts "$runner" "$BUILD/Release"; fi
