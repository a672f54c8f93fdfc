#!/bin/sh
# demo.sh: makes demo.db with a simulated fortnight of history, records a few
# real samples of this host in host.db, and shows the main answers.
#
#   sh tools/demo.sh [EXTENSION [FOLDER]]     by default build/..., build
#
# Ends with an error as soon as one statement fails.
set -eu

cd "$(dirname "$0")/.."
extension=${1:-build/hiveframe_autonomous}
folder=${2:-build}
rm -f "$folder/demo.db" "$folder/host.db"
sqlite3 -batch -bail -init /dev/null \
  -cmd ".load '$extension'" \
  -cmd ".parameter set @host \"'$folder/host.db'\"" \
  "$folder/demo.db" <tools/demo.sql
echo
echo "All of it stays in $folder/demo.db; go on with"
echo "  sqlite3 -box -cmd '.load $extension' $folder/demo.db"
