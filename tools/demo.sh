#!/bin/sh
# demo.sh: makes build/demo.db with a simulated fortnight of history, records
# a few real samples of this host, and shows the main answers.
#
#   sh tools/demo.sh [BUILD]     after `make`; `make demo` does both
#
# Ends with an error as soon as one statement fails.
set -eu

build=${1:-build}
rm -f "$build/demo.db" "$build/host.db"
sqlite3 -batch -bail -init /dev/null \
  -cmd ".load $build/hiveframe_autonomous" \
  -cmd ".parameter set @host \"'$build/host.db'\"" \
  "$build/demo.db" <tools/demo.sql
echo
echo "All of it stays in $build/demo.db; go on with"
echo "  sqlite3 -box $build/demo.db -cmd '.load $build/hiveframe_autonomous'"
