#!/usr/bin/env tclsh
# speed.tcl: what a call costs, as a multiple of a bare scan of the same rows.
#
#   tclsh tests/bench/speed.tcl [EXTENSION]
#
# Question and yardstick run in turn in one process, on rows made by a fixed
# rule; the median of the ratios of neighbours is printed, so that a busy
# machine moves the milliseconds and hardly the ratio. Nothing is asserted.

package require Tcl 8.6
package require sqlite3

set ext [file normalize [lindex [concat $argv build/hiveframe_autonomous] 0]]
sqlite3 db :memory:
db enable_load_extension 1
db eval { SELECT load_extension($ext) }
db eval {
  SELECT hf_init();
  CREATE TABLE minutes(ts INTEGER PRIMARY KEY, value REAL);
  WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 43199)
  INSERT INTO minutes SELECT 1759968000 + i * 60, 40 + 20 * sin(i * 0.00436332)
    + 5 * sin(i * 0.00062333) + (i * i * 7919 % 1009) / 300.0 FROM c;
  WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 199999)
  INSERT INTO hf_health_metrics(component, ts, cpu_percent, memory_percent,
    disk_percent, network_errors, response_time_ms)
  SELECT 'c' || (i / 2000), 1759968000 + i % 2000 * 60,
    40 + 20 * sin(i * 0.00436332) + (i * i * 7919 % 1009) / 300.0,
    50 + i % 7, 30 + i % 2000 * 0.005, i % 997 = 0, 80 + i % 11 FROM c;
}

proc median {list} {
  lindex [lsort -real $list] [expr {[llength $list] / 2}]
}

proc spent {sql} {
  lindex [time { db eval $sql {} }] 0
}

proc compare {name question yardstick} {
  db eval $yardstick {}
  set times {}
  set ratios {}
  for {set i 0} {$i < 7} {incr i} {
    set a [spent $question]
    set b [spent $yardstick]
    lappend times $a
    lappend ratios [expr {double($a) / max($b, 1)}]
  }
  puts [format "%-28s %9.2f ms   %8.2f x the scan" $name \
    [expr {[median $times] / 1000.0}] [median $ratios]]
}

set scan { SELECT count(*), sum(value) FROM minutes }
set src "hf_source('minutes', 'ts', 'value')"
puts "43,200 minutes of one series, against count(*) and sum(value):"
foreach {name sql} [list \
  hf_forecast "SELECT count(*), total(yhat) FROM hf_forecast(60, $src)" \
  hf_pattern "SELECT count(*) FROM hf_pattern($src)" \
  hf_decompose "SELECT count(*), total(trend) FROM hf_decompose($src)" \
  hf_anomalies "SELECT count(*), sum(is_anomaly) FROM hf_anomalies($src)" \
  hf_time_to "SELECT eta_ts FROM hf_time_to(95, $src)" \
  hf_backtest "SELECT count(*) FROM hf_backtest(1440, $src)" \
  hf_series "SELECT length(hf_series(ts, value)) FROM minutes"] {
  compare $name $sql $scan
}
puts "\n100 components x 2,000 minutes, against one grouped scan:"
set scan { SELECT component, count(*), sum(cpu_percent) FROM hf_health_metrics
  GROUP BY component }
foreach {name sql} {
  hf_forecast {SELECT count(*) FROM hf_forecast(60, 'hf_health_metrics.cpu_percent')}
  hf_health {SELECT count(*) FROM hf_health()}
  hf_predict_failures {SELECT count(*) FROM hf_predict_failures()}
} {
  compare $name $sql $scan
}
