-- ?1 series, ?2 component, ?3 as_of, ?4 schema: the word, or an array of them
SELECT CASE count(*)
  WHEN 0 THEN 'unknown'
  WHEN 1 THEN coalesce(max(pattern), 'unknown')
  ELSE json_group_array(json_object(
    'component', component, 'status', status, 'reason', reason,
    'pattern', pattern, 'period_seconds', period_seconds,
    'period2_seconds', period2_seconds,
    'seasonal_strength', seasonal_strength, 'slope_per_day', slope_per_day,
    'confidence', confidence)) END
FROM hf_pattern(?1, ?2) WHERE as_of = ?3 AND schema = ?4;
