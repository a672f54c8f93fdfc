-- Old samples become hourly and daily rows. Once a day, from cron:
--   17 3 * * *  sqlite3 app.db '.load hiveframe_autonomous' 'SELECT hf_prune()'

SELECT hf_init();

-- Ten weeks of one sample every ten minutes, and a counter that restarts.
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t WHERE k < 10079)
INSERT INTO hf_resource_metrics(ts, cpu_percent)
SELECT 1767225600 + 600 * k, 40 + k % 24 FROM t;
INSERT INTO hf_metric_names(component, metric, unit, kind)
VALUES ('web', 'requests_total', 'requests', 'counter');
INSERT INTO hf_metrics(component, metric, ts, value)
SELECT 'web', 'requests_total', ts, (ts - 1767225600) % 400000 / 10.0
FROM hf_resource_metrics;

-- Now is the newest row (or the clock, when that is earlier).
SELECT r ->> 'status' AS status, r ->> 'samples' AS samples,
  r ->> 'hourly_buckets' AS hours, r ->> 'daily_buckets' AS days,
  datetime(r ->> 'cutoff_ts', 'unixepoch') AS kept_from
FROM (SELECT hf_prune(30) AS r);

-- A sample is either a raw row or in the buckets.
SELECT (SELECT count(*) FROM hf_resource_metrics) AS raw,
  (SELECT sum(n) FROM hf_rollup_daily
   WHERE series = 'hf_resource_metrics.cpu_percent') AS rolled_up;

SELECT datetime(ts, 'unixepoch') AS hour, n, min, round(mean, 2) AS mean, max
FROM hf_rollup_hourly WHERE series = 'hf_resource_metrics.cpu_percent'
ORDER BY ts LIMIT 3;

-- A counter has no mean: its increase counts, through restarts.
SELECT component, date(ts, 'unixepoch') AS day, n, first_value, last_value,
  increase
FROM hf_rollup_daily WHERE series = 'hf_metrics.requests_total'
ORDER BY ts LIMIT 5;

-- A row that comes late joins its hour with the next call.
INSERT INTO hf_resource_metrics(ts, cpu_percent) VALUES (1767225600 + 30, 100);
SELECT hf_prune(30) ->> 'samples' AS late;
SELECT n, max FROM hf_rollup_hourly
WHERE series = 'hf_resource_metrics.cpu_percent' ORDER BY ts LIMIT 1;
