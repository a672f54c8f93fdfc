-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled. "Name|look": see face/report.c.
SELECT setting AS Setting, state AS "Outcome|state",
  strftime('%%Y-%%m-%%d %%H:%%M', ts, 'unixepoch') AS "Set|time",
  before_value AS "Before|figure", after_value AS "Set to|figure",
  expected_gain AS "Gain foretold|percent",
  cost_before AS "Cost before|figure", cost_forecast AS "Foretold|figure",
  cost_after AS "Measured since|figure", coalesce(reason, '') AS Why
FROM "%w".hf_applied WHERE ts <= coalesce(?2, 1e11)
ORDER BY ts DESC, id DESC LIMIT 50;
