#
# bench [OPTION...]
#                 install, build, and measure all models of servers, and other servers, with all kinds of work: an hour,
#                 or with --quick under five minutes (see benchmark/README.md); --compare A.json B.json says what
#                 changed. bench figures [OPTION...] measures EVNet's own figures, bench micro [OPTION...] runs the
#                 microbenchmarks, with the options of Google Benchmark

# What compares results needs nothing but them
case " $* " in *" --compare "*) exec python3 benchmark/matrix.py "$@" ;; esac
install_packages $BUILD_PACKAGES $BENCH_PACKAGES
build all Release -DCMAKE_BUILD_TYPE=Release -DEVNET_BENCHMARK=ON
case ${1:-} in
	micro)
		"$BUILD/Release/bin/ParserRules"
		exec "$BUILD/Release/bin/MicroBenchmark" --benchmark_repetitions=15 --benchmark_min_time=0.05 \
			--benchmark_enable_random_interleaving=true --benchmark_display_aggregates_only=true "${@:2}"
		;;
	figures) exec python3 benchmark/run.py --build "$BUILD/Release" "${@:2}" ;;
esac
exec python3 benchmark/matrix.py --build "$BUILD/Release" "$@"
