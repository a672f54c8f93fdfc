-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled. "Name|look": see face/report.c.
SELECT area || ' ' || setting AS Setting,
  CASE WHEN recommended IS NULL OR status = 'insufficient_data' THEN 'not known'
    WHEN printf('%%.4g', recommended) = printf('%%.4g', current) THEN 'keep' ELSE 'change' END AS "Advice|state",
  current AS "Now|figure", recommended AS "Recommended|figure", unit AS Unit,
  expected_gain AS "Expected gain|percent", confidence AS "Confidence|percent",
  reason AS Why
FROM hf_tune() WHERE as_of = ?2 AND schema = ?3;
