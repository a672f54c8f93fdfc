#!/usr/bin/env tclsh
# layers.tcl: proves that dependencies point one way.
#
#   face -> store, ops, num    store -> num    ops -> num    num -> nothing
#
# num/ and ops/ may include <math.h>, <string.h>, <float.h> and the headers
# without functions <stddef.h>, <stdint.h>; never SQLite, never the allocator,
# never I/O. Only store/ and face/ may know SQLite. A file has at most 800
# lines (aim at 500). Static functions have names of their own across the
# house, since `make amalgamation` puts all into one file.

set may {num {num} ops {ops num} store {store num} face {face store ops num}}
set plain {math.h string.h float.h stddef.h stdint.h}
# a static function: its name at the start of a definition
set static_re "^static \[^;=\\{\]*?\\m(\[a-z_0-9\]+)\\(\[^;\]*\$"
set include_re {^#\s*include\s+([<"])([^>"]+)[>"]}
set bad 0
proc complain {text} { puts "check-layers: $text"; incr ::bad }

set files [lsort [glob ext/*.c ext/*/*.c ext/*/*.h]]
foreach path $files {
  set f [open $path r]
  set text [read $f]
  close $f
  set room [lindex [file split $path] 1]
  set lines [llength [split $text \n]]
  if {$lines > 800} { complain "$path has $lines lines, more than 800" }
  if {[file extension $path] eq ".c"} {
    foreach {- fn} [regexp -all -inline -line \
        $static_re $text] {
      if {[info exists seen($fn)] && $seen($fn) ne $path} {
        complain "static ${fn}() stands in $seen($fn) and $path"
      }
      set seen($fn) $path
    }
  }
  if {![dict exists $may $room]} continue
  foreach {- kind name} [regexp -all -inline -line \
      $include_re $text] {
    if {$kind eq "<"} {
      if {$room in {num ops} && $name ni $plain} {
        complain "$path includes <$name>"
      }
      continue
    }
    if {$name in {sqlite3ext.h sql.h}} {
      if {$room in {num ops}} { complain "$path knows $name" }
      continue
    }
    set to [file split $name]
    set target [expr {[lindex $to 0] eq ".." ? [lindex $to 1] :
      [llength $to] > 1 ? [lindex $to 0] : $room}]
    if {$target ni [dict get $may $room]} { complain "$path includes $name" }
  }
  if {$room in {num ops} &&
      [regexp -line {\m(sqlite3_\w+|malloc|calloc|realloc|free|printf|rand|time|clock)\(} $text call]} {
    complain "$path calls $call"
  }
}
if {$bad} { exit 1 }
puts "check-layers: [llength $files] files, dependencies point one way"
