-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled.
SELECT area || ' ' || setting AS Setting, round(current, 1) AS Now,
  round(recommended, 1) AS Recommended, unit AS Unit,
  round(expected_gain, 3) AS "Expected gain",
  round(confidence, 2) AS Confidence, reason AS Why
FROM hf_tune() WHERE as_of = ?2 AND schema = ?3;
