#!/bin/sh
# run.sh: builds the libFuzzer targets with clang, AddressSanitizer and UBSan,
# and runs each for a while, from the seeds in the .test files' own words.
#
#   sh tests/fuzz/run.sh BUILD_FOLDER SECONDS
#   sh tests/fuzz/run.sh BUILD_FOLDER runs N
#
# For SECONDS in all, from what earlier runs have found, with another seed each
# time; or N inputs each from the seeds alone, the same in every run, however
# long the machine takes for them.
#
# Exit status 77: clang or its libFuzzer runtime is not here.
set -eu
cd "$(dirname "$0")/../.."
out=$1
if [ "$2" = runs ]; then
  how="-seed=1 -runs=$3 -timeout=1200"
  corpus=$out/corpus_runs
  rm -rf "$corpus"_*
else
  how="-max_total_time=$((($2 + 1) / 2)) -timeout=60"
  corpus=$out/corpus
fi
mkdir -p "$out"

clang=$(command -v clang-14 || command -v clang || true)
if [ -z "$clang" ]; then
  echo "no clang here"
  exit 77
fi
flags="-g -O1 -std=c99 -ffp-contract=off -fsanitize=fuzzer,address,undefined
  -fno-sanitize-recover=undefined -DSQLITE_CORE -Idist"
echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) {
  return d == 0 && n > 0; }' >"$out/probe.c"
if ! $clang -fsanitize=fuzzer,address -o "$out/probe" "$out/probe.c" \
  2>/dev/null; then
  echo "clang has no libFuzzer runtime here (package libclang-rt-dev)"
  exit 77
fi

core=$out/core.o
if [ ! -e "$core" ] || [ dist/hiveframe_autonomous.c -nt "$core" ]; then
  $clang $flags -fsanitize=fuzzer-no-link -c -o "$core" \
    dist/hiveframe_autonomous.c
fi
for target in fuzz_sql fuzz_series; do
  $clang $flags -o "$out/$target" "tests/fuzz/$target.c" "$core" -lsqlite3 -lm
  mkdir -p "${corpus}_$target"
done

# Seeds: one file a line of the dictionary's calls, and a packed series.
n=0
for call in 'hf_forecast(60)' 'hf_pattern()' "hf_decompose('m')" \
  "hf_time_to(95,'m')" "hf_backtest(60,'m')" 'hf_anomalies()' \
  'hf_predict_failures()' 'hf_health()' 'hf_maintenance()' 'hf_tune()' \
  'hf_optimize_memory()' 'hf_allocate_workers()' \
  "hf_query_recommendation('q',5,50)" 'hf_optimize_cost(1000,250)' \
  "hf_forecast(60,hf_source('t','ts','v','who'))" \
  'hf_forecast(60,(SELECT hf_series(ts,v) FROM u))'; do
  n=$((n + 1))
  echo "SELECT * FROM $call; SELECT $call" >"${corpus}_fuzz_sql/seed$n"
done
printf 'HFS\001\004\003\002\001' >"${corpus}_fuzz_series/seed1"
echo '{"table":"t","ts":"ts","value":"v"}' >"${corpus}_fuzz_series/seed2"
printf '# TYPE a histogram\na_bucket{le="+Inf",x="\\n"} 3 1e3\na_sum NaN\n' \
  >"${corpus}_fuzz_series/seed3"

for target in fuzz_sql fuzz_series; do
  echo "$target"
  # shellcheck disable=SC2086 # several words
  if ! "$out/$target" $how -rss_limit_mb=4000 \
    -dict=tests/fuzz/hf.dict -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$out/" "${corpus}_$target" >"$out/$target.log" 2>&1
  then
    tail -n 60 "$out/$target.log"
    exit 1
  fi
  grep number_of_executed_units "$out/$target.log" || true
done
