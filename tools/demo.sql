-- demo.sql: what `make demo` shows. Runs from the project's root; @host names
-- the file for the samples of this host.

.print 'A simulated fortnight of a small web shop (examples/history.sql):'
.mode list
SELECT hf_init();
.read examples/history.sql
.mode box --wrap 60
SELECT 'hf_resource_metrics' AS history, count(*) AS rows,
  datetime(min(ts), 'unixepoch') AS first, datetime(max(ts), 'unixepoch') AS last
FROM hf_resource_metrics
UNION ALL SELECT 'hf_health_metrics', count(*), datetime(min(ts), 'unixepoch'),
  datetime(max(ts), 'unixepoch') FROM hf_health_metrics
UNION ALL SELECT 'hf_metrics', count(*), datetime(min(ts), 'unixepoch'),
  datetime(max(ts), 'unixepoch') FROM hf_metrics
UNION ALL SELECT 'hf_failures', count(*), datetime(min(ts), 'unixepoch'),
  datetime(max(ts), 'unixepoch') FROM hf_failures
UNION ALL SELECT 'hf_service_load', count(*), datetime(min(ts), 'unixepoch'),
  datetime(max(ts), 'unixepoch') FROM hf_service_load;

.print
.print 'What load is coming? The next six hours of requests:'
SELECT time(ts, 'unixepoch') AS time, round(yhat) AS expected,
  round(lo80) || ' .. ' || round(hi80) AS "in 80 %", model
FROM hf_forecast(360, 'requests_per_minute') WHERE ts % 3600 = 0;

.print
.print 'Its rhythm:'
SELECT pattern, round(period_seconds / 3600, 1) AS hours,
  round(period2_seconds / 3600, 1) AS "and hours",
  round(seasonal_strength, 2) AS strength, round(slope_per_day, 1) AS "per day",
  round(confidence, 2) AS confidence
FROM hf_pattern('requests_per_minute');

.print
.print 'When will the disk of db-1 be 90 % full?'
SELECT component, datetime(eta_ts, 'unixepoch') AS eta,
  datetime(eta_lo_ts, 'unixepoch') AS earliest,
  datetime(eta_hi_ts, 'unixepoch') AS latest, round(probability, 2) AS probability
FROM hf_time_to(90, 'hf_health_metrics.disk_percent', 'db-1');

.print
.print 'What will fail within a day?'
SELECT component, will_fail, round(probability, 3) AS probability,
  round(time_to_failure_hours, 1) AS hours, round(ttf_lo_hours, 1) AS at_least,
  round(ttf_hi_hours, 1) AS at_most, cause,
  datetime(since_ts, 'unixepoch') AS since, failures_seen AS seen
FROM hf_predict_failures(NULL, 24)
ORDER BY probability DESC, component LIMIT 4;

.print
.print 'Health and what to do about it:'
SELECT component, status, round(score) AS score, worst_metric, reason
FROM hf_health() WHERE score IS NOT NULL ORDER BY score, component LIMIT 4;
SELECT priority, component, action, datetime(due_ts, 'unixepoch') AS due, reason
FROM hf_maintenance() ORDER BY due_ts LIMIT 3;

.print
.print 'What was out of the ordinary? (a job ran away on Friday the 13th)'
SELECT datetime(min(ts), 'unixepoch') AS first, datetime(max(ts), 'unixepoch')
  AS last, count(*) AS samples, round(max(score), 3) AS score
FROM hf_anomalies('hf_resource_metrics.cpu_percent')
WHERE is_anomaly GROUP BY since_ts ORDER BY max(score) DESC LIMIT 3;

.print
.print 'How should memory and workers be set?'
SELECT area, setting, round(current) AS current,
  round(recommended) AS recommended, unit, round(confidence, 2) AS confidence,
  reason
FROM hf_tune();

.print
.print 'How long will this report take?'
SELECT query_id, round(estimated_time_ms) AS ms, round(lo90_ms) AS at_least,
  round(hi90_ms) AS at_most, round(confidence, 2) AS confidence, basis,
  n
FROM hf_query_recommendation('daily_report', 470000, 300800000);

.print
.print 'What can be saved within 1,600 a month, answers within 250 ms?'
SELECT strategy, service, round(savings, 2) AS savings, effort, risk
FROM hf_optimize_cost(1600, 250);
SELECT value ->> 'status' AS status,
  round(value ->> 'spend_per_month', 2) AS spend,
  round(value ->> 'cost_per_month', 2) AS cost,
  value ->> 'within_budget' AS within_budget,
  value ->> 'sla_feasible' AS sla_feasible
FROM (SELECT hf_optimize_cost(1600, 250) AS value);

.print
.print 'This host, three real samples, in a file of their own:'
ATTACH @host AS host;
.mode list
SELECT hf_init('host');
UPDATE host.hf_config SET value = 1 WHERE key = 'collect_interval_seconds';
SELECT hf_collect('host') ->> 'status';
.system sleep 1
SELECT hf_collect('host') ->> 'status';
.system sleep 1
SELECT hf_collect('host') ->> 'status';
.mode box --wrap 60
SELECT datetime(ts, 'unixepoch') AS time, round(cpu_percent, 1) AS cpu_percent,
  round(memory_mb) AS memory_mb, round(disk_io_mb_per_sec, 2) AS disk_mb_s,
  round(network_mb_per_sec, 3) AS network_mb_s
FROM host.hf_resource_metrics;

.print
.print 'An analyst asks: how does the forecast compare with last week?'
WITH f AS MATERIALIZED (SELECT * FROM hf_forecast(360, 'requests_per_minute'))
SELECT time(f.ts, 'unixepoch') AS time, h.value AS last_week,
  round(f.yhat) AS forecast, round(100 * (f.yhat / h.value - 1), 1) AS "change %",
  h.value BETWEEN f.lo95 AND f.hi95 AS usual
FROM f JOIN hf_metrics AS h ON h.component = 'shop'
  AND h.metric = 'requests_per_minute' AND h.ts = f.ts - 7 * 86400
WHERE f.ts % 3600 = 0 ORDER BY f.ts;
