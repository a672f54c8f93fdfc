#!/bin/sh
# tsan.sh: runs programs that were built with ThreadSanitizer.
#
#   sh tests/fault/tsan.sh TIMES PROGRAM ...
#
# Fails when a program fails or the sanitizer finds a race in it. SQLite itself is
# the system's and not instrumented; its locks are heard of all the same. Exit
# status 77: the sanitizer cannot run here. It keeps memory of its own at fixed
# places; where the kernel may put something else there, a program starts only
# under setarch -R.
times=$1
shift
place=
while [ "$times" -gt 0 ]; do
  for program in "$@"; do
    out=$($place "$program" 2>&1)
    status=$?
    if [ -z "$place" ] && [ $status -ne 0 ] &&
      [ "${out#*FATAL: ThreadSanitizer}" != "$out" ]; then
      place="setarch -R"
      out=$($place "$program" 2>&1)
      status=$?
    fi
    [ $status -eq 0 ] && continue
    [ "${out#*FATAL: ThreadSanitizer}" != "$out" ] && exit 77
    printf '%s\n' "$out" | grep -v '^ok'
    echo "tsan: $program ended with $status"
    exit 1
  done
  times=$((times - 1))
done
