#
# coverage [--build]
#                 run all tests, and print how much of EVNet/ they reach, exactly (Debug); fails if that is less than 92 %;
#                 with --build, only build them

install_packages $BUILD_PACKAGES $COVERAGE_PACKAGES
directory=$BUILD/coverage
# Static: each source is compiled once, and the tests of internal classes count as well.
build EVNet-testrunner coverage -DCMAKE_BUILD_TYPE=Debug -DBUILD_SHARED_LIBS=OFF -DEVNET_SAMPLES=OFF \
	-DCMAKE_CXX_COMPILER=g++ -DEVNET_COVERAGE=ON
[ "${1:-}" != --build ] || exit 0
forget_coverage "$directory"
run_in_parts "$directory/bin/EVNet-testrunner" "$directory"
report_coverage "$directory"
