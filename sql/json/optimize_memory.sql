-- ?1 as_of, ?2 schema
SELECT json_object(
  'status', max(status),
  'cache_mb', max(recommended_mb) FILTER (WHERE pool = 'cache'),
  'buffer_mb', max(recommended_mb) FILTER (WHERE pool = 'buffer'),
  'application_mb', max(recommended_mb) FILTER (WHERE pool = 'application'),
  'total_mb', max(total_mb),
  'gain', max(gain), 'gain_lo', max(gain_lo), 'gain_hi', max(gain_hi),
  'confidence', min(confidence),
  'reason', max(reason) FILTER (WHERE pool = 'cache'),
  'pools', json_group_array(json_object(
    'pool', pool, 'current_mb', current_mb, 'recommended_mb', recommended_mb,
    'expected_cost_before', expected_cost_before,
    'expected_cost_after', expected_cost_after, 'basis', basis,
    'confidence', confidence, 'reason', reason)))
FROM hf_optimize_memory(?1, ?2);
