-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled. One row a chart: the series, its
-- component, and what a person calls it.
WITH wide(place, name, title) AS (
  SELECT 1, 'hf_resource_metrics.cpu_percent', 'CPU' WHERE EXISTS(
    SELECT 1 FROM "%w".hf_resource_metrics WHERE cpu_percent IS NOT NULL)
  UNION ALL SELECT 2, 'hf_memory_stats.used_mb', 'Memory used' WHERE EXISTS(
    SELECT 1 FROM "%w".hf_memory_stats WHERE used_mb IS NOT NULL)
  UNION ALL SELECT 3, 'hf_resource_metrics.disk_io_mb_per_sec', 'Disk'
    WHERE EXISTS(SELECT 1 FROM "%w".hf_resource_metrics
      WHERE disk_io_mb_per_sec IS NOT NULL)
  UNION ALL SELECT 4, 'hf_resource_metrics.network_mb_per_sec', 'Network'
    WHERE EXISTS(SELECT 1 FROM "%w".hf_resource_metrics
      WHERE network_mb_per_sec IS NOT NULL)
  UNION ALL SELECT 5, 'hf_resource_metrics.active_workers', 'Workers'
    WHERE EXISTS(SELECT 1 FROM "%w".hf_resource_metrics
      WHERE active_workers IS NOT NULL)
  UNION ALL SELECT 6, 'hf_resource_metrics.queued_tasks', 'Queue'
    WHERE EXISTS(SELECT 1 FROM "%w".hf_resource_metrics
      WHERE queued_tasks IS NOT NULL))
SELECT name, NULL, title FROM (SELECT * FROM wide ORDER BY place)
UNION ALL
SELECT * FROM (
  SELECT 'hf_metrics.' || metric, component,
    metric || coalesce(' of ' || nullif(component, ''), '')
  FROM "%w".hf_metric_names AS n
  WHERE kind IN ('gauge', 'delta', 'quantile') AND component <> 'sqlite'
    AND EXISTS(SELECT 1 FROM "%w".hf_metric_samples AS s WHERE s.id = n.id)
  ORDER BY component, metric LIMIT 6);
