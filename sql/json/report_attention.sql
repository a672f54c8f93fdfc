-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled. "Name|look": see face/report.c.
SELECT summary AS What, severity AS "Severity|state", description AS Why,
  action AS "What to do", strftime('%%Y-%%m-%%d %%H:%%M', starts_ts, 'unixepoch') AS "Since|time"
FROM hf_alerts() WHERE as_of = ?2 AND schema = ?3;
