-- ?1 days, ?2 component, ?3 as_of, ?4 schema: the whole, then the series whose
-- coverage is least.
WITH q AS MATERIALIZED (
  SELECT * FROM hf_quality(?1, ?2) WHERE as_of = ?3 AND schema = ?4),
one AS (
  SELECT json_object('series', series, 'component', component,
    'samples', samples, 'nulls', nulls, 'oldest_ts', oldest_ts,
    'newest_ts', newest_ts, 'step_seconds', step_seconds,
    'coverage', coverage, 'longest_gap_seconds', longest_gap_seconds,
    'age_seconds', age_seconds, 'status', status, 'reason', reason) AS j
  FROM q ORDER BY coverage, series, component)
SELECT json_object(
  'status', CASE WHEN count(*) = 0 THEN 'insufficient_data'
    WHEN max(status = 'silent') THEN 'silent' ELSE 'ok' END,
  'reason', iif(count(*) = 0, 'no samples', NULL),
  'coverage', min(coverage),
  'age_seconds', min(age_seconds),
  'series', json((SELECT json_group_array(json(j)) FROM one)))
FROM q;
