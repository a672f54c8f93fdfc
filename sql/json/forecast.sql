-- ?1 horizon_minutes, ?2 series, ?3 component, ?4 as_of, ?5 schema
WITH f AS MATERIALIZED (
  SELECT * FROM hf_forecast(?1, ?2, ?3) WHERE as_of = ?4 AND schema = ?5),
one AS (
  SELECT component,
    json_object(
      'component', component,
      'status', max(status),
      'reason', max(reason),
      'predicted_load', max(predicted_load),
      'confidence', max(confidence),
      'pattern', max(pattern),
      'recommendations', iif(max(recommendation) IS NULL, json_array(),
        json_array(max(recommendation))),
      'peak', iif(max(peak) IS NULL, NULL,
        json_object('ts', max(peak_ts), 'value', max(peak))),
      'last', iif(max(last_ts) IS NULL, NULL,
        json_object('ts', max(last_ts), 'value', max(last_value))),
      'model', max(model),
      'error', max(error),
      'period_seconds', max(period_seconds),
      'step_seconds', max(step_seconds),
      'forecast', json_group_array(json_object('ts', ts, 'yhat', yhat,
        'lo80', lo80, 'hi80', hi80, 'lo95', lo95, 'hi95', hi95))
        FILTER (WHERE ts IS NOT NULL)) AS j
  FROM f GROUP BY component)
SELECT CASE count(*)
  WHEN 0 THEN json_object('component', ?3,
    'status', iif(?3 IS NULL, 'insufficient_data', 'unknown_component'),
    'reason', iif(?3 IS NULL, 'no samples', 'no such component'),
    'predicted_load', NULL, 'confidence', NULL, 'pattern', NULL,
    'recommendations', json_array(), 'forecast', json_array())
  WHEN 1 THEN max(j)
  ELSE json_group_array(json(j)) END
FROM (SELECT j FROM one ORDER BY component);
