-- ?1 component, ?2 as_of, ?3 schema: one component's health, or the worst
-- status of all with their issues
WITH h AS MATERIALIZED (
  SELECT * FROM hf_health(?1) WHERE as_of = ?2 AND schema = ?3),
issue AS (
  SELECT component, json_object('component', component, 'status', status,
    'score', score, 'metric', worst_metric, 'reason', reason) AS j
  FROM h WHERE status NOT IN ('ok', 'retired', 'insufficient_data',
    'maintenance')),
rank(status, n) AS (
  VALUES ('failed', 1), ('critical', 2), ('silent', 3), ('warning', 4),
    ('ok', 5), ('maintenance', 6), ('insufficient_data', 7), ('retired', 8)),
worst AS (
  SELECT h.* FROM h JOIN rank USING (status)
  ORDER BY rank.n, score, component LIMIT 1)
SELECT coalesce((SELECT json_object(
    'status', status,
    'score', score,
    'component', component,
    'worst_metric', worst_metric,
    'reason', reason,
    'last_ts', last_ts,
    'probability', probability,
    'basis', basis,
    'since_ts', since_ts,
    'until_ts', until_ts,
    'work', work,
    'work_ts', work_ts,
    'effect', effect,
    'components', (SELECT count(*) FROM h),
    'issues', (SELECT json_group_array(json(j))
      FROM (SELECT j FROM issue ORDER BY component))) FROM worst),
  json_object(
    'status', iif(?1 IS NULL, 'insufficient_data', 'unknown_component'),
    'score', NULL, 'component', ?1, 'worst_metric', NULL,
    'reason', iif(?1 IS NULL, 'no components in the history',
      'no such component'),
    'last_ts', NULL, 'probability', NULL, 'basis', NULL,
    'since_ts', NULL, 'until_ts', NULL, 'work', NULL, 'work_ts', NULL,
    'effect', NULL, 'components', 0, 'issues', json_array()));
