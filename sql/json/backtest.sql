-- ?1 horizon_minutes, ?2 series, ?3 component, ?4 as_of, ?5 schema
WITH f AS MATERIALIZED (
  SELECT component, max(status) AS status, max(reason) AS reason,
    max(mase) AS mase, max(smape) AS smape, max(coverage80) AS coverage80,
    max(coverage95) AS coverage95, max(origins) AS origins,
    max(points) AS points
  FROM hf_backtest(?1, ?2, ?3) WHERE as_of = ?4 AND schema = ?5
  GROUP BY component),
one AS (
  SELECT component, json_object('component', component, 'status', status,
    'reason', reason, 'mase', mase, 'smape', smape,
    'coverage80', coverage80, 'coverage95', coverage95,
    'origins', origins, 'points', points) AS j
  FROM f)
SELECT CASE count(*)
  WHEN 0 THEN json_object('component', ?3,
    'status', iif(?3 IS NULL, 'insufficient_data', 'unknown_component'),
    'reason', iif(?3 IS NULL, 'no samples', 'no such component'),
    'mase', NULL, 'smape', NULL, 'coverage80', NULL, 'coverage95', NULL)
  WHEN 1 THEN max(j)
  ELSE json_group_array(json(j)) END
FROM (SELECT j FROM one ORDER BY component);
