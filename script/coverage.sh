#
# coverage [--build]
#                 run all tests, and print how much of EVNet/ they reach; fails if that is less than COVERAGE_MINIMUM;
#                 with --build, only build them

COVERAGE_MINIMUM=92 # percent of the lines of EVNet/

install_packages $BUILD_PACKAGES $COVERAGE_PACKAGES
directory=$BUILD/coverage
# Static: each source is compiled once, and the tests of internal classes count as well.
build EVNet-testrunner coverage -DCMAKE_BUILD_TYPE=Debug -DBUILD_SHARED_LIBS=OFF -DEVNET_SAMPLES=OFF \
	-DCMAKE_CXX_COMPILER=g++ -DCMAKE_CXX_FLAGS="--coverage -fprofile-update=atomic"
[ "${1:-}" != --build ] || exit 0
find "$directory" -name '*.gcda' -delete
# The counts of several processes are added up when they end
run_in_parts "$directory/bin/EVNet-testrunner" "$directory"
gcovr --root . --filter EVNet/ --csv "$directory/files.csv" --txt "$directory/report.txt" "$directory"
tail -n +2 "$directory/files.csv" | LC_ALL=C sort -t, -k4,4n -k1,1 | LC_ALL=C awk -F, -v minimum="$COVERAGE_MINIMUM" '
	{ printf "%6.1f %%  %s\n", 100*$4, $1; lines += $2; covered += $3 }
	END {
		printf "%6.1f %%  of %d lines in all, at least %d %% wanted\n", 100*covered/lines, lines, minimum
		exit 100*covered < minimum*lines
	}
' || fail "too little is covered; $directory/report.txt lists the lines that are missing"
