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
db close

# ---- learning: machines that wear in some of 14 metrics, each in its own way
sqlite3 db :memory:
db enable_load_extension 1
db eval { SELECT load_extension($ext) }
db eval {
  SELECT hf_init();
  CREATE TEMP TABLE engines AS
    WITH RECURSIVE c(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM c WHERE k < 199)
    SELECT k, printf('e%03d', k) AS name, 150 + k * 37 % 101 AS life,
      iif(k < 100, 0, 30 + k * 53 % 71) AS ahead FROM c;
  INSERT INTO hf_components(component, kind, commissioned_ts, retired_ts)
    SELECT name, 'engine', 1759968000 - (life - ahead) * 3600,
      iif(ahead = 0, 1759968000, NULL) FROM engines;
  INSERT INTO hf_failures(component, ts)
    SELECT name, 1759968000 FROM engines WHERE ahead = 0;
  CREATE TEMP TABLE cells AS
    WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 250),
      m(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM m WHERE j < 13)
    SELECT name, 's' || j AS metric, 1759968000 - (life - ahead - i) * 3600 AS ts,
      100 * j + exp(6.0 * (i - life) / life) * (j % 5) * iif(j % 2, 3, -3)
        + ((i * 7919 + k * 104729 + j * 31) % 1009) / 1009.0 AS value
    FROM engines, m, c WHERE i < life - ahead;
  INSERT INTO hf_metric_names(component, metric)
    SELECT DISTINCT name, metric FROM cells;
  INSERT INTO hf_metric_samples(id, ts, value)
    SELECT id, ts, value FROM cells JOIN hf_metric_names AS n
      ON n.component = cells.name AND n.metric = cells.metric ORDER BY 1, 2;
  DROP TABLE cells;
}
set scan { SELECT id, count(*), sum(value) FROM hf_metric_samples GROUP BY id }
puts "\n100 engines that failed and 100 that run, some 200 cycles x 14 metrics,\
  against one grouped scan of [db onecolumn {SELECT count(*) FROM hf_metric_samples}]\
  samples:"
foreach {name sql} {
  {learned and answered} {SELECT count(probability) FROM hf_predict_failures()}
  {one engine} {SELECT probability FROM hf_predict_failures('e150')}
  hf_learn {SELECT hf_learn()}
  {answered from what is kept} {SELECT count(probability)
    FROM hf_predict_failures()}
  {one engine, kept} {SELECT probability FROM hf_predict_failures('e150')}
} {
  compare $name $sql $scan
}
