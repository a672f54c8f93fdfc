-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled.
SELECT hf_plot(name, CAST(?1 * 360 AS INTEGER), NULL, ?2, ?3)
FROM (SELECT 'hf_resource_metrics.' || column1 AS name
  FROM (VALUES ('cpu_percent'), ('active_workers')))
UNION ALL
SELECT * FROM (
  SELECT hf_plot('hf_metrics.' || metric, CAST(?1 * 360 AS INTEGER), component,
    ?2, ?3)
  FROM "%w".hf_metric_names WHERE metric NOT GLOB '*[^a-zA-Z0-9_]*'
  ORDER BY component, metric LIMIT 3);
