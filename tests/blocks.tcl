# blocks.tcl: what README.md and the folders of examples/ promise, and what
# they really print. For readme.test and examples.test, which compare, and for
# tools/expected.tcl, which writes it down. Runs in the project's root.
#
# A fenced block that is directly followed by a ```text block prints that
# block. All ```sql blocks are one session of the sqlite3 program, in order.

proc text_of {path} {
  set f [open $path]
  fconfigure $f -encoding utf-8
  set text [read $f]
  close $f
  return $text
}

proc write_text {path text} {
  set f [open $path w]
  fconfigure $f -encoding utf-8
  puts -nonewline $f $text
  close $f
}

# {language body printed first last}: printed is what the block after it says,
# or {}; first and last are the places of `printed` in the text, or -1.
proc blocks_of {text} {
  set fence "(?n)^```(\\w+)\n((?:(?!```).*\n)*)```\n+(?:```text\n((?:(?!```).*\n)*)```)?"
  set blocks {}
  set at 0
  while {[regexp -indices -start $at $fence $text all language body printed]} {
    set block {}
    foreach span [list $language $body $printed] {
      lappend block [string range $text {*}$span]
    }
    lappend blocks [concat $block $printed]
    set at [expr {[lindex $all 1] + 1}]
  }
  return $blocks
}

# Lines without blanks at their ends, no empty lines around them.
proc tidy {text} {
  set lines {}
  foreach line [split $text \n] { lappend lines [string trimright $line] }
  return [string trim [join $lines \n] \n]
}

# What the sqlite3 program prints for a script; its errors go to `path`.
proc shell_prints {script path args} {
  write_text $path.sql $script
  set f [open "|[list sqlite3 -batch -init /dev/null {*}$args :memory: \
    < $path.sql 2> $path]"]
  fconfigure $f -encoding utf-8
  set out [read $f]
  catch {close $f}
  return $out
}

# What each ```sql block of the list prints, with the extension `ext` instead
# of the one that the text names.
proc session_prints {blocks ext errors} {
  set script ""
  set n 0
  foreach block $blocks {
    lassign $block language body
    if {$language ne "sql"} continue
    append script [string map [list build/hiveframe_autonomous '$ext'] $body] \
      "\n.print @@@ [incr n]\n"
  }
  set rest [shell_prints $script $errors]
  set out {}
  for {set i 1} {$i <= $n} {incr i} {
    set mark "@@@ $i\n"
    set end [string first $mark $rest]
    lappend out [tidy [string range $rest 0 $end-1]]
    set rest [string range $rest [expr {$end + [string length $mark]}] end]
  }
  return $out
}

proc example_prints {folder ext errors} {
  return [shell_prints [text_of $folder/run.sql] $errors -bail \
    -cmd ".load '$ext'"]
}
