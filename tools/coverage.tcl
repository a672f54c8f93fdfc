#!/usr/bin/env tclsh
# coverage.tcl: lines that the tests ran, per file, from gcov's notes.
#
#   tclsh tools/coverage.tcl BUILD FILE.c ...
#
# The least covered file comes first; the last line is the whole.

package require Tcl 8.6

set sources [lassign $argv build]
set rows {}
set all_run 0
set all_lines 0
foreach path $sources {
  set object [file join $build [file rootname $path].o]
  if {![file exists [file rootname $object].gcda]} {
    lappend rows [list 0.0 0 "?" $path]
    continue
  }
  set out [exec gcov -n $object 2>/dev/null]
  if {![regexp "File '\[^']*[file tail $path]'\nLines executed:(\[0-9.]+)% of (\\d+)" \
      $out - percent lines]} continue
  set run [expr {round($percent * $lines / 100.0)}]
  incr all_run $run
  incr all_lines $lines
  lappend rows [list $percent $run $lines $path]
}
foreach row [lsort -real -index 0 $rows] {
  lassign $row percent run lines path
  puts [format "%6.1f%% %6s of %6s  %s" $percent $run $lines $path]
}
if {$all_lines} {
  puts [format "%6.1f%% %6d of %6d  all" [expr {100.0 * $all_run / $all_lines}] \
    $all_run $all_lines]
}
