-- ?1 component, ?2 horizon_hours, ?3 series, ?4 as_of, ?5 schema: the component
-- most at risk
WITH f AS MATERIALIZED (
  SELECT * FROM hf_predict_failures(?1, ?2, ?3)
  WHERE as_of = ?4 AND schema = ?5),
worst AS (
  SELECT * FROM f
  ORDER BY probability IS NULL, probability DESC,
    time_to_failure_hours IS NULL, time_to_failure_hours, component LIMIT 1)
SELECT coalesce((SELECT json_object(
    'status', status,
    'reason', reason,
    'will_fail', json(CASE will_fail WHEN 1 THEN 'true' WHEN 0 THEN 'false'
      ELSE 'null' END),
    'component', component,
    'probability', probability,
    'time_to_failure_hours', time_to_failure_hours,
    'ttf_lo_hours', ttf_lo_hours,
    'ttf_hi_hours', ttf_hi_hours,
    'confidence', confidence,
    'cause', cause,
    'since_ts', since_ts,
    'method', method,
    'failures_seen', failures_seen,
    'last_ts', last_ts,
    'components', (SELECT count(*) FROM f),
    'predicted', (SELECT count(probability) FROM f),
    'at_risk', (SELECT count(*) FROM f WHERE will_fail = 1)) FROM worst),
  json_object(
    'status', iif(?1 IS NULL, 'insufficient_data', 'unknown_component'),
    'reason', iif(?1 IS NULL, 'no components in the history',
      'no such component'),
    'will_fail', NULL, 'component', ?1, 'probability', NULL,
    'time_to_failure_hours', NULL, 'ttf_lo_hours', NULL, 'ttf_hi_hours', NULL,
    'confidence', NULL, 'cause', NULL, 'since_ts', NULL, 'method', NULL,
    'failures_seen', NULL, 'last_ts', NULL, 'components', 0, 'predicted', 0,
    'at_risk', 0));
