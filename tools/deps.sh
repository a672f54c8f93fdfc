#!/bin/sh
# deps.sh: installs what is missing, on Debian and Ubuntu, by apt-get.
#
#   sh tools/deps.sh build    what `make` and `make demo` need
#   sh tools/deps.sh all      what `make test` and `make lint` need, too
#
# Quick when nothing is missing. On other systems it looks for the programs
# and says what it did not find.
set -eu

build="gcc make libc6-dev sqlite3 libsqlite3-dev tcl libsqlite3-tcl"
all="$build libcmocka-dev clang clang-format clang-tidy cppcheck python3"
case "${1:-all}" in
build) want=$build ;;
all) want=$all ;;
*)
  echo "usage: sh tools/deps.sh build|all" >&2
  exit 2
  ;;
esac

if ! command -v apt-get >/dev/null 2>&1; then
  missing=""
  for program in cc make sqlite3 tclsh; do
    command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
  done
  echo 'exit [catch {package require sqlite3}]' | tclsh 2>/dev/null ||
    missing="$missing tcl-sqlite3"
  if [ -n "$missing" ]; then
    echo "deps: no apt-get here; please install:$missing" >&2
    exit 1
  fi
  exit 0
fi

# libclang-rt-dev (fuzzing) is a package of its own only on newer systems.
absent() {
  for package in "$@"; do
    case "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" in
    *" installed") ;;
    *) echo "$package" ;;
    esac
  done
}
missing=$(absent $want)
if [ -z "$missing" ]; then
  exit 0
fi
if [ "$(id -u)" = 0 ]; then
  as=""
elif command -v sudo >/dev/null 2>&1; then
  as="sudo"
else
  echo "deps: as root, run: apt-get install -y" $missing >&2
  exit 1
fi
echo "deps: installing" $missing
export DEBIAN_FRONTEND=noninteractive
$as apt-get update -qq
$as apt-get install -y -qq --no-install-recommends $missing >/dev/null
if [ "${1:-all}" = all ] &&
  apt-cache show libclang-rt-dev >/dev/null 2>&1; then
  $as apt-get install -y -qq --no-install-recommends libclang-rt-dev >/dev/null
fi
