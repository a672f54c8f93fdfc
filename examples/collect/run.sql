-- Collecting: what hf_collect() records. See crontab and timer.py beside it
-- for having it done without anyone's help.

SELECT hf_init();

SELECT hf_collect() ->> 'status' AS first;

-- At most once per collect_interval_seconds.
SELECT hf_collect() ->> 'status' AS again;
SELECT value, unit FROM hf_config WHERE key = 'collect_interval_seconds';

-- Rates need two collections; the raw counters are kept as metrics. (On
-- systems other than Linux only those of SQLite are there.)
SELECT component, metric, unit, kind FROM hf_metric_names
WHERE component = 'sqlite' ORDER BY metric;
SELECT pool, size_mb > 0 AS has_size, hits >= 0 AS has_hits FROM hf_cache_stats;
