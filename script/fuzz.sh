#
# fuzz [--fast] [SECONDS]
#                 run the fuzzers, of the request parser and of whole connections, side by side for so long, 60 by
#                 default; --fast without sanitizers, for more executions

# start_fuzzer NAME CORPUS: in the background
start_fuzzer()
{
	mkdir -p "$directory/corpus-$2" "$directory/findings"
	"$directory/bin/$1" -dict=testsuite/fuzzing/http.dict -max_total_time="$seconds" -timeout=20 -print_final_stats=1 \
		-artifact_prefix="$directory/findings/$1-" "$directory/corpus-$2" "testsuite/fuzzing/corpus/$2" >"$directory/$1.log" 2>&1 &
}

# end_fuzzer PROCESS NAME: waits for it; fails if it has found something
end_fuzzer()
{
	local log=$directory/$2.log
	if wait "$1"; then
		echo "dev: $2: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, no finding"
		return 0
	fi
	tail -50 "$log" >&2
	echo "dev: $2 has found something; to see it again:" >&2
	echo "    $directory/bin/$2 $(sed -n 's/.*Test unit written to //p' "$log")" >&2
	return 1
}

name=fuzz sanitizers=address,undefined
if [ "${1:-}" = --fast ]; then
	name=fuzz-fast sanitizers=
	shift
fi
directory=$BUILD/$name seconds=${1:-60}
case $seconds in
	*[!0-9]*) echo "dev: fuzz takes a number of seconds, not $seconds" >&2; exit 2 ;;
esac
install_packages $BUILD_PACKAGES $FUZZ_PACKAGES
build EVNetFuzzers "$name" -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_C_COMPILER=clang \
	-DEVNET_TESTS=OFF -DEVNET_SAMPLES=OFF -DEVNET_FUZZ=ON -DEVNET_FUZZ_SANITIZE="$sanitizers"
start_fuzzer HTTPRequestParserFuzzer parser
parser=$!
start_fuzzer HTTPConnectionFuzzer connection
connection=$!
failed=0
end_fuzzer $parser HTTPRequestParserFuzzer || failed=1
end_fuzzer $connection HTTPConnectionFuzzer || failed=1
exit $failed
