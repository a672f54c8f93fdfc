-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled. "Name|look": see face/report.c.
WITH q AS MATERIALIZED (
  SELECT * FROM hf_quality(?1) WHERE as_of = ?2 AND schema = ?3
    AND status <> 'retired')
SELECT series AS Series,
  CASE max(status) WHEN 'silent' THEN 'silent' ELSE min(status) END
    AS "State|state",
  min(coverage) AS "Least coverage|percent", sum(samples) AS "Samples|count",
  max(longest_gap_seconds) AS "Longest gap|span",
  strftime('%%Y-%%m-%%d %%H:%%M', min(oldest_ts), 'unixepoch') AS "From|time",
  strftime('%%Y-%%m-%%d %%H:%%M', max(newest_ts), 'unixepoch') AS "To|time",
  coalesce(group_concat(component || ': ' || reason, '; ')
    FILTER(WHERE status = 'silent'), max(reason), '') AS Remark
FROM q GROUP BY series
ORDER BY max(status) DESC, min(coverage), series;
