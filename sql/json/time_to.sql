-- ?1 threshold, ?2 series, ?3 component, ?4 as_of, ?5 schema
WITH one AS (
  SELECT json_object('component', component, 'status', status,
    'reason', reason, 'threshold', ?1, 'eta_ts', eta_ts,
    'eta_lo_ts', eta_lo_ts, 'eta_hi_ts', eta_hi_ts,
    'probability', probability, 'direction', direction,
    'horizon_ts', horizon_ts, 'slope_per_day', slope_per_day,
    'last', iif(last_ts IS NULL, NULL,
      json_object('ts', last_ts, 'value', last_value))) AS j
  FROM hf_time_to(?1, ?2, ?3) WHERE as_of = ?4 AND schema = ?5)
SELECT CASE count(*)
  WHEN 0 THEN json_object('component', ?3,
    'status', iif(?3 IS NULL, 'insufficient_data', 'unknown_component'),
    'reason', iif(?3 IS NULL, 'no samples', 'no such component'),
    'threshold', ?1, 'eta_ts', NULL, 'eta_lo_ts', NULL, 'eta_hi_ts', NULL,
    'probability', NULL)
  WHEN 1 THEN max(j)
  ELSE json_group_array(json(j)) END
FROM one;
