-- ?1 component, ?2 as_of, ?3 schema: what is to be done, most urgent first
SELECT CASE
  WHEN count(component) > 0 OR EXISTS(
      SELECT 1 FROM hf_health(?1) WHERE as_of = ?2 AND schema = ?3)
  THEN json_group_array(json_object(
    'priority', priority,
    'component', component,
    'action', action,
    'reason', reason,
    'due_ts', due_ts,
    'probability', probability,
    'status', status,
    'cause', cause,
    'since_ts', since_ts)) FILTER (WHERE component IS NOT NULL)
  ELSE json_array(json_object(
    'status', iif(?1 IS NULL, 'insufficient_data', 'unknown_component'),
    'component', ?1,
    'reason', iif(?1 IS NULL, 'no components in the history',
      'no such component'),
    'priority', NULL, 'action', NULL, 'due_ts', NULL, 'probability', NULL,
      'cause', NULL, 'since_ts', NULL))
  END
FROM (SELECT m.*
  FROM hf_maintenance(?1) AS m
    JOIN (SELECT 'CRITICAL' AS word, 1 AS n UNION ALL SELECT 'HIGH', 2
      UNION ALL SELECT 'MEDIUM', 3 UNION ALL SELECT 'LOW', 4) AS w
      ON w.word = m.priority
  WHERE m.as_of = ?2 AND m.schema = ?3
  ORDER BY w.n, m.due_ts, m.component);
