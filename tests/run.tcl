#!/usr/bin/env tclsh
# run.tcl: runs test programs, each in a process of its own, and sums up.
#
#   tclsh tests/run.tcl                    every tests/*.test, build/tests/*
#   tclsh tests/run.tcl tests/plain.test   some
#   tclsh tests/run.tcl -label asan -ext build/asan/hiveframe_autonomous \
#     -preload "libasan.so libubsan.so" tests/*.test -check layers "make ..."
#
# Items run in their order, -jobs (2) at a time. What ends in .test runs under
# tclsh, anything else is a program; both print TAP. -check NAME COMMAND is one
# test: the shell command's exit status (77: skipped). -label, -ext (the extension under
# test) and -preload (libraries loaded before the process) hold for the items
# that follow. Failures are printed in full. The last line is `N passed, N
# failed`, with `, N skipped` when some were; the exit status is 0 only when
# nothing failed. A program that crashed, ended early, ran nothing or ran for
# more than -seconds (1500) counts as one failure.

package require Tcl 8.6
fconfigure stdout -encoding utf-8 -buffering line

set here [file dirname [file normalize [info script]]]
set root [file dirname $here]
set jobs 2
set seconds 1500
set label ""
set ext ""
set preload ""
set items {}

proc add {kind name command} {
  lappend ::items [dict create kind $kind name $name command $command \
    label $::label ext $::ext preload $::preload]
}

for {set i 0} {$i < [llength $argv]} {incr i} {
  set word [lindex $argv $i]
  switch -- $word {
    -jobs - -seconds - -label - -ext - -preload {
      set [string range $word 1 end] [lindex $argv [incr i]]
    }
    -check {
      add check [lindex $argv [incr i]] [lindex $argv [incr i]]
    }
    default { add tap [file tail $word] [file normalize $word] }
  }
}
if {$items eq ""} {
  foreach f [lsort [glob -nocomplain $here/*.test]] { add tap [file tail $f] $f }
  foreach f [lsort [glob -nocomplain $root/build/tests/*]] {
    if {[file isfile $f] && [file executable $f] && [file extension $f] eq ""} {
      add tap [file tail $f] $f
    }
  }
}

set passed 0
set failed 0
set skipped 0
set running 0
set next 0
set done 0

proc command_of {item} {
  set command [list env CMOCKA_MESSAGE_OUTPUT=TAP]
  if {[dict get $item ext] ne ""} {
    lappend command HF_EXT=[file normalize [dict get $item ext]]
  }
  if {[dict get $item preload] ne ""} {
    # tclsh itself frees nothing at its end, so leaks are counted elsewhere
    # (tests/fault/oom.c), exactly.
    lappend command ASAN_OPTIONS=detect_leaks=0 \
      UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
      LD_PRELOAD=[dict get $item preload]
  }
  set what [dict get $item command]
  if {[dict get $item kind] eq "check"} {
    lappend command sh -c $what
  } elseif {[file extension $what] eq ".test"} {
    lappend command [info nameofexecutable] $what
  } else {
    lappend command $what
  }
  return $command
}

proc start_more {} {
  while {$::running < $::jobs && $::next < [llength $::items]} {
    set item [lindex $::items $::next]
    set id $::next
    incr ::next
    if {[catch {open |[concat [command_of $item] [list 2>@1]] r} channel]} {
      dict set item output "cannot start: $channel\n"
      judge $item 1 0
      continue
    }
    fconfigure $channel -blocking 0 -encoding utf-8
    incr ::running
    set ::state($id) [dict create item $item output "" late 0 \
      start [clock milliseconds] timer [after [expr {$::seconds * 1000}] \
        [list too_late $id $channel]]]
    fileevent $channel readable [list hear $id $channel]
  }
  if {$::running == 0 && $::next >= [llength $::items]} { set ::done 1 }
}

proc too_late {id channel} {
  dict set ::state($id) late 1
  foreach process [pid $channel] { catch {exec sh -c "kill -9 $process"} }
}

proc hear {id channel} {
  dict append ::state($id) output [read $channel]
  if {![eof $channel]} return
  set job $::state($id)
  unset ::state($id)
  after cancel [dict get $job timer]
  fconfigure $channel -blocking 1
  set bad [catch {close $channel} message options]
  set item [dict get $job item]
  set errorcode [expr {$bad ? [dict get $options -errorcode] : ""}]
  dict set item status [expr {[lindex $errorcode 0] eq "CHILDSTATUS" ?
    [lindex $errorcode 2] : 0}]
  dict set item output [dict get $job output]
  dict set item seconds [format %.1f \
    [expr {([clock milliseconds] - [dict get $job start]) / 1000.0}]]
  if {[dict get $job late]} {
    dict append item output "stopped after $::seconds s\n"
  } elseif {$bad && [lindex $errorcode 0] ne "CHILDSTATUS"} {
    dict append item output "$message\n"
  }
  judge $item $bad [dict get $job late]
  incr ::running -1
  start_more
}

# Counts what a finished program printed. Everything between one result line
# and the next belongs to the result above it (ours) or, in cmocka's TAP, to
# the one below; so a program with a failure is printed whole.
proc judge {item bad late} {
  set name [dict get $item name]
  if {[dict get $item label] ne ""} { set name "[dict get $item label]: $name" }
  set output [dict get $item output]
  set ok 0
  set not_ok 0
  set skip 0
  set trouble {}
  if {[dict get $item kind] eq "check"} {
    if {[dict get $item status] == 77} {
      incr skip
      puts "SKIP $name: [lindex [split [string trim $output] \n] 0]"
    } elseif {$bad} { incr not_ok } else { incr ok }
  } else {
    set plan -1
    foreach line [split $output \n] {
      if {[regexp {^(not )?ok\M.*# SKIP} $line]} {
        incr skip
        puts "SKIP $name: [regsub {^(not )?ok \d+ (- )?} $line {}]"
      } elseif {[regexp {^ok\M} $line]} {
        incr ok
      } elseif {[regexp {^not ok\M} $line]} {
        incr not_ok
      } elseif {[regexp {^1\.\.(\d+)} $line - n]} {
        set plan [expr {max(0, $plan) + $n}]
      }
    }
    set total [expr {$ok + $not_ok + $skip}]
    if {$plan < 0} {
      lappend trouble "ended without its plan"
    } elseif {$plan != $total} {
      lappend trouble "planned $plan tests, ran $total"
    } elseif {$total == 0} {
      lappend trouble "ran no test"
    }
    if {$bad && $not_ok == 0} { lappend trouble "exit status not 0" }
    if {$late} { lappend trouble "too slow" }
    if {$trouble ne ""} { incr not_ok }
  }
  incr ::passed $ok
  incr ::failed $not_ok
  incr ::skipped $skip
  set took [expr {[dict exists $item seconds] ? "[dict get $item seconds] s" : ""}]
  if {$not_ok} {
    puts "FAIL $name: $ok passed, $not_ok failed $took [join $trouble {, }]"
    foreach line [split [string trimright $output] \n] { puts "  | $line" }
  } elseif {$ok} {
    puts "pass $name: $ok passed $took"
  }
}

start_more
if {!$done} { vwait done }
set line "$passed passed, $failed failed"
if {$skipped} { append line ", $skipped skipped" }
if {$passed + $failed == 0} { puts "nothing ran"; set failed 1 }
puts $line
exit [expr {$failed > 0}]
