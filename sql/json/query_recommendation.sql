-- ?1 query_id, ?2 rows, ?3 bytes_to_scan, ?4 param_hash, ?5 as_of, ?6 schema
SELECT json_object(
  'status', status,
  'reason', reason,
  'query_id', query_id,
  'estimated_time_ms', estimated_time_ms,
  'lo90_ms', lo90_ms,
  'hi90_ms', hi90_ms,
  'confidence', confidence,
  'basis', basis,
  'n', n,
  'recommendations', json(recommendations),
  'evidence', json(evidence))
FROM hf_query_recommendation(?1, ?2, ?3, ?4, ?5, ?6);
