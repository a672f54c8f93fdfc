-- Record memory and resource metrics, then ask how to tune.

SELECT hf_init();
UPDATE hf_config SET value = 8192 WHERE key = 'total_memory_mb';

-- One reading of each. That is no history: what is set stays, and the answer
-- says what is missing.
INSERT INTO hf_memory_stats(ts, total_mb, used_mb, available_mb, cache_mb,
  buffer_mb) VALUES (1773738000, 8192, 6000, 2192, 2048, 1024);
INSERT INTO hf_resource_metrics(ts, cpu_percent, memory_mb, disk_io_mb_per_sec,
  network_mb_per_sec, active_workers, queued_tasks)
VALUES (1773738000, 85, 6000, 120, 45, 4, 12);
SELECT setting, current, recommended, status FROM hf_tune();

-- Two days and a half of readings, a minute apart: four workers, busy by day, with a
-- queue that grows around noon.
WITH RECURSIVE t(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM t WHERE k < 3600),
  u AS (SELECT k, 1773738000 + 60 * k AS ts,
    1 - abs(2 * (k % 1440) / 1440.0 - 1) AS busy, k * 7919 % 1009 / 1009.0 AS r
  FROM t)
INSERT INTO hf_resource_metrics(ts, cpu_percent, memory_mb, active_workers,
  queued_tasks)
SELECT ts, min(100, 30 + 66 * busy + 6 * r), 5000 + 1000 * busy, 4,
  CAST(max(0, 60 * busy - 48 + 6 * r) AS INTEGER) FROM u;
INSERT INTO hf_memory_stats(ts, total_mb, used_mb, available_mb, cache_mb,
  buffer_mb)
SELECT ts, 8192, memory_mb, 8192 - memory_mb, 2048, 1024
FROM hf_resource_metrics WHERE ts > 1773738000;

-- What the pools missed at the sizes they had.
WITH RECURSIVE t(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM t WHERE k < 48),
  p(pool, size, cost, half) AS (VALUES ('cache', 2048, 4, 1500),
    ('buffer', 1024, 1, 300), ('application', 5120, .5, 700))
INSERT INTO hf_cache_stats(pool, ts, size_mb, hits, misses, miss_cost_ms)
SELECT pool, 1773738000 + 3600 * k, size * (1 + .1 * (k / 12 % 3 - 1)),
  50000, round(20000 / (1 + size * (1 + .1 * (k / 12 % 3 - 1)) / half)), cost
FROM t, p;

SELECT area, setting, round(current) AS current,
  round(recommended) AS recommended, unit
FROM hf_tune();
SELECT hf_allocate_workers() AS workers;
