#!/usr/bin/env tclsh
# amalgamate.tcl: puts the whole extension into one .c and one .h that build
# alone, as a loadable extension or, with -DSQLITE_CORE, linked statically.
#
#   tclsh tools/amalgamate.tcl OUTDIR GENDIR FILE.c ...
#
# The files follow each other in the order given; GENDIR/sql.c, which
# tools/embed.tcl made, comes first. A header of ours is pasted where it is
# first asked for. System headers move to the top, after the feature macros
# (_POSIX_C_SOURCE, ...), because what follows is hidden from the linker by a
# pragma that must not touch libc's names; a header under #if stays where it is,
# exempt from the pragma. Static functions have names
# of their own across the house (`make check-layers`), and so have file-local
# macros and enums: two of the same name end in a compiler error.

package require Tcl 8.6

proc read_text {path} {
  set f [open $path r]
  fconfigure $f -encoding utf-8
  set t [read $f]
  close $f
  return $t
}

proc write_text {path text} {
  set f [open $path w]
  fconfigure $f -encoding utf-8 -translation lf
  puts -nonewline $f $text
  close $f
}

# Where `#include "name"` in a file of `folder` points to.
proc resolve {name folder} {
  foreach at [list $folder ext $::gen] {
    set path [file join $at $name]
    if {[file exists $path]} { return [file normalize $path] }
  }
  return ""
}

# Lines between a pair of visibility pragmas.
proc visible {visibility text} {
  return "#if defined(__GNUC__) && !defined(_WIN32)
#pragma GCC visibility push($visibility)
#endif
$text#if defined(__GNUC__) && !defined(_WIN32)
#pragma GCC visibility pop
#endif
"
}

proc system_header {line depth} {
  if {$depth > 0} {
    append ::body [visible default "$line\n"]
  } elseif {$line ni $::system} {
    lappend ::system $line
  }
}

proc paste {path} {
  set key [file normalize $path]
  if {[info exists ::pasted($key)]} return
  set ::pasted($key) 1
  set shown [string map [list [pwd]/ {} $::gen/ {}] $key]
  append ::body "\n/************ $shown ************/\n"
  # an include guard is no condition
  set depth [expr {[file extension $path] eq ".h" ? -1 : 0}]
  foreach line [split [string trimright [read_text $path]] \n] {
    if {[regexp {^#\s*if} $line]} { incr depth }
    if {[regexp {^#\s*endif} $line]} { incr depth -1 }
    if {[regexp {^#\s*include\s+<} $line]} {
      system_header $line $depth
    } elseif {[regexp {^#\s*include\s+"([^"]+)"} $line - name]} {
      set to [resolve $name [file dirname $path]]
      if {$to eq ""} {
        system_header $line $depth
      } elseif {[file extension $to] eq ".h"} {
        paste $to
      } else {
        error "$path includes $name, which is no header"
      }
    } elseif {[regexp {^#\s*define\s+(_[A-Z_]+_SOURCE)\M(.*)$} $line - macro to]} {
      set ::feature($macro) [string trim $to]
    } else {
      append ::body $line \n
    }
  }
}

set sources [lassign $argv out gen]
set gen [file normalize $gen]
set body ""
set system {}
foreach path [concat [file join $gen sql.c] $sources] { paste $path }
if {![regexp {#define HF_VERSION "([^"]+)"} $body - version]} {
  error "no HF_VERSION in the sources"
}

set top "/*
** hiveframe_autonomous $version: the whole extension in one file, made by
** `make amalgamation`; change ext/ instead.
**
** As a loadable extension:
**   cc -O2 -std=c99 -ffp-contract=off -fPIC -shared \\
**     -o hiveframe_autonomous.so hiveframe_autonomous.c -lm
** Linked into a program:
**   cc -O2 -std=c99 -ffp-contract=off -DSQLITE_CORE -c hiveframe_autonomous.c
** and call sqlite3_hiveframeautonomous_init(db, &error, NULL) after
** sqlite3_open(), or hand it to sqlite3_auto_extension() once.
**
** -ffp-contract=off keeps results the same on every machine; never use
** -ffast-math, which changes results and the host's floating-point mode.
*/
"
foreach macro [lsort [array names feature]] {
  append top "#ifndef $macro\n#define $macro $feature($macro)\n#endif\n"
}
append top [join $system \n] \n
set header "/*
** hiveframe_autonomous $version, for programs that link it statically
** (compile hiveframe_autonomous.c with -DSQLITE_CORE). The rest of its face
** is SQL.
*/
#ifndef HIVEFRAME_AUTONOMOUS_H
#define HIVEFRAME_AUTONOMOUS_H

#include \"sqlite3.h\"

#define HIVEFRAME_AUTONOMOUS_VERSION \"$version\"

#ifdef __cplusplus
extern \"C\" {
#endif

/* Registers the functions and modules on a connection. Writes nothing. An
** SQLite code; on an error *error may be set to a message for sqlite3_free().
** `api` is only for the extension loader: pass NULL. */
int sqlite3_hiveframeautonomous_init(sqlite3 *db, char **error,
                                     const struct sqlite3_api_routines *api);

#ifdef __cplusplus
}
#endif

#endif
"
file mkdir $out
write_text [file join $out hiveframe_autonomous.c] $top[visible hidden $body]
write_text [file join $out hiveframe_autonomous.h] $header
