#
# instructions [--accept]
#                 count the instructions of the microbenchmarks; fails if one takes more than 5 % more than
#                 benchmark/instructions.json says, which --accept writes

install_packages $BUILD_PACKAGES $INSTRUCTIONS_PACKAGES
build MicroBenchmark Release -DCMAKE_BUILD_TYPE=Release -DEVNET_BENCHMARK=ON
python3 benchmark/instructions.py --build "$BUILD/Release" "$@"
