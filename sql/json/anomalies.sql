-- ?1 series, ?2 component, ?3 hindsight, ?4 as_of, ?5 schema
WITH f AS MATERIALIZED (
  SELECT * FROM hf_anomalies(?1, ?2, ?3) WHERE as_of = ?4 AND schema = ?5),
every AS (
  SELECT component, max(status) AS status, max(reason) AS reason,
    count(ts) AS samples, count(*) FILTER (WHERE is_anomaly = 1) AS anomalies,
    max(score) AS score
  FROM f GROUP BY component),
-- the columns beside a lone max() are those of its row
newest AS (
  SELECT component, json_object('ts', max(ts), 'value', value, 'expected',
    expected, 'score', score, 'since_ts', since_ts, 'metric', metric) AS j
  FROM f WHERE is_anomaly = 1 GROUP BY component),
latest AS (
  SELECT component, json_object('ts', max(ts), 'value', value, 'expected',
    expected, 'score', score) AS j, since_ts
  FROM f WHERE ts IS NOT NULL GROUP BY component),
one AS (
  SELECT e.component AS component, json_object(
    'component', e.component,
    'status', e.status,
    'reason', e.reason,
    'samples', e.samples,
    'anomalies', e.anomalies,
    'highest_score', e.score,
    'since_ts', l.since_ts,
    'newest', json(n.j),
    'last', json(l.j)) AS j
  FROM every AS e LEFT JOIN newest AS n ON n.component IS e.component
    LEFT JOIN latest AS l ON l.component IS e.component)
SELECT CASE count(*)
  WHEN 0 THEN json_object('component', ?2,
    'status', iif(?2 IS NULL, 'insufficient_data', 'unknown_component'),
    'reason', iif(?2 IS NULL, 'no samples', 'no such component'),
    'samples', NULL, 'anomalies', NULL, 'highest_score', NULL,
    'since_ts', NULL, 'newest', NULL, 'last', NULL)
  WHEN 1 THEN max(j)
  ELSE json_group_array(json(j)) END
FROM (SELECT j FROM one ORDER BY component);
