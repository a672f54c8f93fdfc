-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled.
WITH f AS MATERIALIZED (
  SELECT component, probability, cause FROM hf_predict_failures()
  WHERE as_of = ?2 AND schema = ?3)
SELECT h.component AS Component, h.status AS State,
  CAST(round(h.score) AS INTEGER) AS Score, h.reason AS Cause,
  round(f.probability, 3) AS "Fails in 24 h", f.cause AS "Points to",
  strftime('%%Y-%%m-%%d %%H:%%M', h.last_ts, 'unixepoch') AS Newest
FROM hf_health() AS h LEFT JOIN f ON f.component IS h.component
WHERE h.as_of = ?2 AND h.schema = ?3 AND h.status <> 'retired';
