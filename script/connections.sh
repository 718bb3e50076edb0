#
# connections [N [OPTION...]]
#                 build, and hold so many keep-alive connections at once, 100,000 by default, over several server
#                 processes; print what they cost (see doc/capacity.md). Further options are those of
#                 benchmark/connections.py

install_packages $BUILD_PACKAGES $DEMO_PACKAGES
number=100000
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
	number=$1
	shift
fi
build BenchServer Release -DCMAKE_BUILD_TYPE=Release -DEVNET_BENCHMARK=ON
build LoadClient Release -DCMAKE_BUILD_TYPE=Release -DEVNET_BENCHMARK=ON
exec python3 benchmark/connections.py --build "$BUILD/Release" --connections "$number" "$@"
