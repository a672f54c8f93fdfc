-- ?1 series, ?2 component, ?3 as_of, ?4 schema: a summary; the cells are rows.
-- With max(ts) as the only aggregate of its kind, bare columns are those of the
-- newest cell.
WITH d AS MATERIALIZED (
  SELECT component, status, reason, count(ts) AS n, max(ts) AS ts, value, trend,
    seasonal, seasonal2, remainder, step_seconds, period_seconds,
    period2_seconds, seasonal_strength, seasonal2_strength
  FROM hf_decompose(?1, ?2) WHERE as_of = ?3 AND schema = ?4
  GROUP BY component),
one AS (
  SELECT component, json_object('component', component, 'status', status,
    'reason', reason, 'n', n, 'step_seconds', step_seconds,
    'period_seconds', period_seconds, 'period2_seconds', period2_seconds,
    'seasonal_strength', seasonal_strength,
    'seasonal2_strength', seasonal2_strength,
    'last', iif(ts IS NULL, NULL, json_object('ts', ts, 'value', value,
      'trend', trend, 'seasonal', seasonal, 'seasonal2', seasonal2,
      'remainder', remainder))) AS j
  FROM d)
SELECT CASE count(*)
  WHEN 0 THEN json_object('component', ?2,
    'status', iif(?2 IS NULL, 'insufficient_data', 'unknown_component'),
    'reason', iif(?2 IS NULL, 'no samples', 'no such component'),
    'n', 0, 'period_seconds', NULL, 'period2_seconds', NULL,
    'seasonal_strength', NULL, 'seasonal2_strength', NULL, 'last', NULL)
  WHEN 1 THEN max(j)
  ELSE json_group_array(json(j)) END
FROM (SELECT j FROM one ORDER BY component);
