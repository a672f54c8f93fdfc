-- ?1 as_of, ?2 schema
SELECT json_object(
  'status', iif(max(status = 'ok'), 'ok', max(status)),
  'reason', max(reason) FILTER (WHERE setting = 'workers'),
  'memory', json_object(
    'cache_mb', max(recommended) FILTER (WHERE setting = 'cache_mb'),
    'buffer_mb', max(recommended) FILTER (WHERE setting = 'buffer_mb'),
    'application_mb', max(recommended)
      FILTER (WHERE setting = 'application_mb'),
    'status', max(status) FILTER (WHERE area = 'memory'),
    'expected_gain', max(expected_gain) FILTER (WHERE area = 'memory'),
    'confidence', min(confidence) FILTER (WHERE area = 'memory'),
    'reason', max(reason) FILTER (WHERE setting = 'cache_mb')),
  'resources', json_object(
    'workers', max(recommended) FILTER (WHERE setting = 'workers'),
    'status', max(status) FILTER (WHERE setting = 'workers'),
    'expected_gain', max(expected_gain) FILTER (WHERE setting = 'workers'),
    'confidence', max(confidence) FILTER (WHERE setting = 'workers'),
    'reason', max(reason) FILTER (WHERE setting = 'workers')),
  'sqlite', json_object(
    'cache_size_mb', max(recommended) FILTER (WHERE setting = 'cache_size'),
    'expected_gain', max(expected_gain) FILTER (WHERE setting = 'cache_size'),
    'reason', max(reason) FILTER (WHERE setting = 'cache_size')),
  'settings', json_group_array(json_object(
    'area', area, 'setting', setting, 'current', current,
    'recommended', recommended, 'unit', unit, 'expected_gain', expected_gain,
    'gain_lo', gain_lo, 'gain_hi', gain_hi, 'confidence', confidence,
    'limit_hit', limit_hit, 'detail', detail, 'status', status,
    'reason', reason)))
FROM hf_tune(?1, ?2);
