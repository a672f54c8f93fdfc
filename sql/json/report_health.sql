-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled. "Name|look": see face/report.c.
WITH f AS MATERIALIZED (
  SELECT component, probability, cause, time_to_failure_hours
  FROM hf_predict_failures() WHERE as_of = ?2 AND schema = ?3)
SELECT coalesce(nullif(h.component, ''), 'the unnamed component') AS Component, h.status AS "State|state",
  h.score AS "Score|score", h.reason AS Cause,
  f.probability AS "Fails within 24 h|percent", f.cause AS "Because of",
  strftime('%%Y-%%m-%%d %%H:%%M', h.last_ts, 'unixepoch') AS "Newest sample|time"
FROM hf_health() AS h LEFT JOIN f ON f.component IS h.component
WHERE h.as_of = ?2 AND h.schema = ?3 AND h.status <> 'retired'
ORDER BY CASE h.status WHEN 'failed' THEN 1 WHEN 'critical' THEN 2
  WHEN 'warning' THEN 3 WHEN 'silent' THEN 4 WHEN 'ok' THEN 6 ELSE 5 END,
  f.probability DESC, h.score, h.component;
