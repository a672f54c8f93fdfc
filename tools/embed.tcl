#!/usr/bin/env tclsh
# embed.tcl: turns SQL files into C constants, one constant a statement.
#
#   tclsh tools/embed.tcl OUT.c OUT.h SCHEMA.sql JSON.sql ...
#
# The schema becomes hf_sql_schema[], an array of formats that ends with NULL:
# each statement that makes or fills an object of ours names the schema as
# "%w", so that sqlite3_mprintf() qualifies it (other percent signs are
# doubled). A file of sql/json/NAME.sql becomes hf_sql_NAME[], which holds one
# statement and ends with NULL. A statement longer than the 4,095 bytes that
# C99 promises for a literal is refused: split it.

package require Tcl 8.6
package require sqlite3
sqlite3 db :memory:

proc read_text {path} {
  set f [open $path r]
  fconfigure $f -encoding utf-8
  set t [read $f]
  close $f
  return $t
}

# Comments and blank lines go; what stands inside quotes stays.
proc strip {sql} {
  set out ""
  set rest $sql
  set re {'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/}
  while {[regexp -indices $re $rest span]} {
    lassign $span a b
    append out [string range $rest 0 [expr {$a - 1}]]
    set token [string range $rest $a $b]
    if {[string index $token 0] in {' \"}} { append out $token }
    set rest [string range $rest [expr {$b + 1}] end]
  }
  append out $rest
  set lines {}
  foreach line [split $out \n] {
    set line [string trimright $line]
    if {[string trim $line] ne ""} { lappend lines $line }
  }
  return [join $lines \n]
}

proc statements {sql} {
  set out {}
  set current ""
  foreach part [split [strip $sql] ";"] {
    append current $part ";"
    if {[string trim $current " \n;"] eq ""} { set current ""; continue }
    if {[db complete $current]} {
      lappend out [string trim $current]
      set current ""
    }
  }
  return $out
}

proc literal {sql} {
  set n [string length [encoding convertto utf-8 $sql]]
  if {$n > 4095} { error "a statement of $n bytes; at most 4095: $sql" }
  set lines {}
  foreach line [split $sql \n] {
    set line [string map {\\ \\\\ \" \\\" ? \\?} $line]
    lappend lines "  \"$line\\n\""
  }
  return [join $lines \n]
}

proc qualify {sql} {
  set sql [string map {% %%} $sql]
  set re {^(CREATE (?:TABLE|VIEW|TRIGGER|INDEX) IF NOT EXISTS|INSERT INTO) (hf_)}
  if {![regsub $re $sql {\1 "%w".\2} sql]} {
    error "the schema may only create and fill hf_ objects: $sql"
  }
  return $sql
}

set jsons [lassign $argv out_c out_h schema]
set c "/* Made by tools/embed.tcl from sql/; do not edit. */\n"
append c "#include <stddef.h>\n#include \"sql.h\"\n\n"
set h "/* Made by tools/embed.tcl from sql/; do not edit. */\n"
append h "#ifndef HF_SQL_H\n#define HF_SQL_H\n\n"
append h "extern const char *const hf_sql_schema\[\];\n"
append c "const char *const hf_sql_schema\[\] = {\n"
foreach s [statements [read_text $schema]] { append c "[literal [qualify $s]],\n" }
append c "  NULL};\n"
foreach path $jsons {
  set name hf_sql_[file rootname [file tail $path]]
  set list [statements [read_text $path]]
  if {[llength $list] != 1} { error "$path must hold one statement" }
  append h "extern const char *const $name\[\];\n"
  append c "\nconst char *const $name\[\] = {\n[literal [lindex $list 0]],\n  NULL};\n"
}
append h "\n#endif\n"
foreach {path text} [list $out_c $c $out_h $h] {
  set f [open $path w]
  fconfigure $f -encoding utf-8 -translation lf
  puts -nonewline $f $text
  close $f
}
