-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled.
WITH w(newest) AS (
  SELECT coalesce(?2, max(n)) FROM (
    SELECT max(ts) AS n FROM "%w".hf_memory_stats
    UNION ALL SELECT max(ts) FROM "%w".hf_resource_metrics
    UNION ALL SELECT max(ts) FROM "%w".hf_health_metrics)),
d AS (
  SELECT 'hf_memory_stats' AS name, ts,
    ts - lag(ts) OVER (ORDER BY ts) AS gap
  FROM "%w".hf_memory_stats, w
  WHERE ts > w.newest - 86400 * ?1 AND ts <= w.newest
  UNION ALL
  SELECT 'hf_resource_metrics' AS name, ts,
    ts - lag(ts) OVER (ORDER BY ts) AS gap
  FROM "%w".hf_resource_metrics, w
  WHERE ts > w.newest - 86400 * ?1 AND ts <= w.newest
  UNION ALL
  SELECT 'hf_health_metrics' AS name, ts,
    ts - lag(ts) OVER (PARTITION BY component ORDER BY ts) AS gap
  FROM "%w".hf_health_metrics, w
  WHERE ts > w.newest - 86400 * ?1 AND ts <= w.newest)
SELECT name AS "Table", count(*) AS Samples,
  strftime('%%Y-%%m-%%d %%H:%%M', min(ts), 'unixepoch') AS Oldest,
  strftime('%%Y-%%m-%%d %%H:%%M', max(ts), 'unixepoch') AS Newest,
  round(max(gap) / 60.0, 1) AS "Longest gap, min"
FROM d GROUP BY name;
