# tester.tcl: the commands of a .test file, in the manner of SQLite's own.
#
#   source [file join [file dirname [info script]] tester.tcl]
#   do_execsql_test answers-1.1 { SELECT 1, 'a b' } {1 {a b}}
#   finish_test
#
# `db` is a fresh in-memory database with the extension loaded from $HF_EXT,
# else from build/hiveframe_autonomous. A test file is a program of its own:
# `tclsh tests/answers.test` runs it alone. It prints TAP ("ok 1 - name",
# "not ok 2 - name", at the end the plan "1..N"); without its plan the runner
# counts it as crashed.
#
#   do_test NAME SCRIPT EXPECTED          the script's value, as text
#   do_execsql_test NAME SQL EXPECTED     all values of all rows, as a list
#   do_catchsql_test NAME SQL {CODE MSG}  CODE 1 with the message, or 0 with rows
#   do_near_test NAME TOLERANCE SQL EXPECTED   numbers within a relative
#                                         tolerance (absolute below 1)
#   skip_test NAME REASON                 says what this machine cannot show
#   open_db NAME PATH ?OPTION ...?        a database with the extension loaded
#   load_history ?DB? ?DAYS?              hf_init() and tests/history.sql
#   temp_file NAME                        a path that finish_test removes
#   free_port                             a TCP port of this host, unused; {}
#                                         where nobody can be reached at it
#   cpu_seconds                           of the processor, used by this process
#   sqlite3_shell ARGS...                 the sqlite3 program, without us
#   finish_test                           the last line of every file
#
# EXPECTED between slashes is a regular expression, after ~ one that must not
# match: {/^ok/}, {~/nan/}. NULL is {}. SQL may use variables of the caller:
# { SELECT $x }.

package require Tcl 8.6
package require sqlite3

namespace eval tester {
  variable root [file normalize [file join [file dirname [info script]] ..]]
  variable name [file rootname [file tail $::argv0]]
  variable count 0
  variable failed 0
  variable skipped 0
  variable folder ""
  variable ext [file join $root build hiveframe_autonomous]
  if {[info exists ::env(HF_EXT)]} { set ext [file normalize $::env(HF_EXT)] }
}
fconfigure stdout -encoding utf-8 -buffering line
fconfigure stderr -encoding utf-8

proc tester::comment {label text} {
  set lines [split $text \n]
  if {[llength $lines] == 1} { puts "#   $label: $text"; return }
  puts "#   $label:"
  foreach line $lines { puts "#     $line" }
}

proc tester::report {name good {details {}}} {
  variable count
  variable failed
  incr count
  if {$good} { puts "ok $count - $name"; return }
  incr failed
  puts "not ok $count - $name"
  foreach {label text} $details { comment $label $text }
}

# 1 when the text is what was expected; see EXPECTED above.
proc tester::same {got want} {
  if {[regexp {^\s*~/(.*)/\s*$} $want - re]} {
    return [expr {![regexp $re $got]}]
  }
  if {[regexp {^\s*/(.*)/\s*$} $want - re]} { return [regexp $re $got] }
  return [string equal $got $want]
}

proc do_test {name script expected} {
  if {[catch {uplevel 1 $script} got]} {
    tester::report $name 0 [list script [string trim $script] error $got]
    return
  }
  tester::report $name [tester::same $got $expected] \
    [list script [string trim $script] expected $expected got $got]
}

# A list in its one canonical spelling, so that newlines in EXPECTED do not
# count; a text that is no list stays as it is.
proc tester::canonical {text} {
  if {[regexp {^\s*~?/.*/\s*$} $text]} { return [string trim $text] }
  if {[catch {list {*}$text} list]} { return $text }
  return $list
}

proc do_execsql_test {name sql {expected {}}} {
  if {[catch {uplevel 1 [list db eval $sql]} got]} {
    tester::report $name 0 [list sql [string trim $sql] error $got]
    return
  }
  set expected [tester::canonical $expected]
  tester::report $name [tester::same $got $expected] \
    [list sql [string trim $sql] expected $expected got $got]
}

proc do_catchsql_test {name sql expected} {
  set code [catch {uplevel 1 [list db eval $sql]} got]
  set good [expr {$code == [lindex $expected 0] &&
    [tester::same $got [lindex $expected 1]]}]
  tester::report $name $good \
    [list sql [string trim $sql] expected $expected got [list $code $got]]
}

proc do_near_test {name tolerance sql expected} {
  if {[catch {uplevel 1 [list db eval $sql]} got]} {
    tester::report $name 0 [list sql [string trim $sql] error $got]
    return
  }
  set good [expr {[llength $got] == [llength $expected]}]
  foreach g $got e $expected {
    if {$g eq $e} continue
    if {![string is double -strict $g] || ![string is double -strict $e] ||
        abs($g - $e) > $tolerance * max(1.0, abs($e))} { set good 0 }
  }
  tester::report $name $good [list sql [string trim $sql] \
    expected "$expected within $tolerance" got $got]
}

proc skip_test {name reason} {
  incr tester::count
  incr tester::skipped
  puts "ok $tester::count - $name # SKIP $reason"
}

proc execsql {sql {db db}} { uplevel 1 [list $db eval $sql] }

proc catchsql {sql {db db}} {
  set code [catch {uplevel 1 [list $db eval $sql]} got]
  return [list $code $got]
}

proc open_db {name path args} {
  sqlite3 $name $path {*}$args
  $name enable_load_extension 1
  set ext $tester::ext
  $name eval {SELECT load_extension($ext)}
  $name enable_load_extension 0
}

# A history of some days from Monday 2025-12-01 00:00 UTC, made by SQL without
# randomness; see history.sql for what it holds.
proc load_history {{db db} {days 14}} {
  set f [open [file join $tester::root tests history.sql] r]
  fconfigure $f -encoding utf-8
  set sql [read $f]
  close $f
  $db eval {SELECT hf_init()}
  $db transaction { $db eval $sql }
  return
}

proc temp_file {name} {
  if {$tester::folder eq ""} {
    close [file tempfile path hf_$tester::name]
    file delete $path
    file mkdir $path
    set tester::folder $path
  }
  return [file join $tester::folder $name]
}

proc free_port {} {
  set s [socket -server {apply {{args} {}}} -myaddr 127.0.0.1 0]
  set port [lindex [fconfigure $s -sockname] 2]
  if {[catch {close [socket 127.0.0.1 $port]}]} { set port "" }
  close $s
  return $port
}

# A busy machine makes nothing slower by this clock; where it cannot be read,
# the time of day has to do.
proc cpu_seconds {} {
  if {[catch {open /proc/self/stat} f]} {
    return [expr {[clock milliseconds] / 1000.0}]
  }
  set text [read $f]
  close $f
  # behind the name, which may hold anything: state is field 3, in ticks of
  # 1/100 s fields 14 and 15
  set fields [string range $text [string last ) $text]+2 end]
  return [expr {([lindex $fields 11] + [lindex $fields 12]) / 100.0}]
}

# What the sqlite3 program prints, errors included: no extension, no start-up
# file, and none of the sanitizers' runtimes that this process may run under.
proc sqlite3_shell {args} {
  catch {exec env -u LD_PRELOAD sqlite3 -batch -init /dev/null {*}$args 2>@1} out
  return $out
}

proc finish_test {} {
  catch {db close}
  if {$tester::folder ne ""} { file delete -force $tester::folder }
  puts "1..$tester::count"
  flush stdout
  exit [expr {$tester::failed > 0}]
}

if {[catch {open_db db :memory:} message]} {
  puts "Bail out! $tester::ext: $message"
  exit 2
}
