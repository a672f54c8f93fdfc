#!/usr/bin/env tclsh
# expected.tcl: writes what README.md's ```sql blocks and the folders of
# examples/ print, after an answer has changed for the better.
#
#   tclsh tools/expected.tcl [EXTENSION]
#
# Read `git diff` before you commit it: what it shows is what a user will see.

package require Tcl 8.6
cd [file join [file dirname [file normalize [info script]]] ..]
source tests/blocks.tcl

set ext [file normalize [lindex [concat $argv build/hiveframe_autonomous] 0]]
close [file tempfile errors hf_expected]

proc complain {what} {
  if {[file size $::errors]} { puts "$what: [text_of $::errors]" }
}

set readme [text_of README.md]
set blocks [blocks_of $readme]
set printed [session_prints $blocks $ext $errors]
complain README.md
set at [llength $printed]
foreach block [lreverse $blocks] {
  lassign $block language - - first last
  if {$language ne "sql"} continue
  incr at -1
  if {$first < 0} continue
  set readme [string replace $readme $first $last "[lindex $printed $at]\n"]
}
write_text README.md $readme

foreach run [lsort [glob examples/*/run.sql]] {
  set folder [file dirname $run]
  set out [example_prints $folder $ext $errors]
  complain $run
  write_text $folder/expected.txt $out
}
file delete $errors $errors.sql
