-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled. One row a chart: the series, its
-- component, what a person calls it, and from when to when it was recorded
-- within the days.
WITH q AS MATERIALIZED (
  SELECT series, component, oldest_ts, newest_ts FROM hf_quality(?1)
  WHERE as_of = ?2 AND schema = ?3),
wide(place, name, title) AS (VALUES
  (1, 'hf_resource_metrics.cpu_percent', 'CPU'),
  (2, 'hf_memory_stats.used_mb', 'Memory used'),
  (3, 'hf_resource_metrics.disk_io_mb_per_sec', 'Disk'),
  (4, 'hf_resource_metrics.network_mb_per_sec', 'Network'),
  (5, 'hf_resource_metrics.active_workers', 'Workers'),
  (6, 'hf_resource_metrics.queued_tasks', 'Queue'))
SELECT * FROM (
  SELECT name, NULL AS component, title, oldest_ts, newest_ts
  FROM wide JOIN q ON q.series = wide.name ORDER BY place)
UNION ALL
SELECT * FROM (
  SELECT q.series, q.component,
    metric || coalesce(' of ' || nullif(q.component, ''), ''), oldest_ts,
    newest_ts
  FROM q JOIN "%w".hf_metric_names AS n
    ON 'hf_metrics.' || n.metric = q.series AND n.component = q.component
  WHERE kind IN ('gauge', 'delta', 'quantile') AND q.component <> 'sqlite'
  ORDER BY q.component, metric LIMIT 6);
