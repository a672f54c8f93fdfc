#!/bin/sh
# deps.sh: installs what is missing, on Debian and Ubuntu, by apt-get.
#
#   sh tools/deps.sh build    what `make` and `make demo` need
#   sh tools/deps.sh test     what `make test` needs, too
#   sh tools/deps.sh lint     what `make lint` needs, too
#
# Quick when nothing is missing. Without clang or python3 some tests are
# skipped, and say so; where those cannot be installed, it goes on. On other
# systems it looks for the programs and says what it did not find.
set -eu

needed="gcc make libc6-dev sqlite3 libsqlite3-dev tcl libsqlite3-tcl"
helpful=""
case "${1:-test}" in
build) ;;
test)
  needed="$needed libcmocka-dev"
  helpful="clang clang-format python3"
  ;;
lint) needed="$needed clang-tidy cppcheck" ;;
*)
  echo "usage: sh tools/deps.sh build|test|lint" >&2
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

absent() {
  for package in "$@"; do
    case "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" in
    *" installed") ;;
    *) echo "$package" ;;
    esac
  done
}

as=""
if [ "$(id -u)" != 0 ]; then as="sudo"; fi
updated=""

# Installs those of the packages that are not here.
want() {
  missing=$(absent "$@")
  if [ -z "$missing" ]; then return 0; fi
  if [ -n "$as" ] && ! command -v "$as" >/dev/null 2>&1; then
    echo "deps: as root, run: apt-get install -y" $missing >&2
    return 1
  fi
  echo "deps: installing" $missing
  if [ -z "$updated" ]; then
    $as apt-get update -qq || echo "deps: the lists may be old" >&2
    updated=1
  fi
  $as env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

want $needed
if [ -n "$helpful" ]; then
  want $helpful || echo "deps: going on without" $missing >&2
  # For fuzzing; a package of its own only on newer systems.
  if apt-cache show libclang-rt-dev >/dev/null 2>&1; then
    want libclang-rt-dev || echo "deps: going on without" $missing >&2
  fi
  # A server: where its package would start it, that is for you to decide.
  if [ -d /run/systemd/system ]; then
    if [ -n "$(absent prometheus-alertmanager)" ]; then
      echo "deps: tests/alertmanager.test runs with prometheus-alertmanager"
    fi
  else
    want prometheus-alertmanager ||
      echo "deps: going on without" $missing >&2
  fi
fi
