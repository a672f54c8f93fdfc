-- ?1 component, ?2 as_of, ?3 schema: what asks for a person now, each
-- component's state, coming failure, odd behaviour and urgent work. Rows of
-- hf_alerts(); every answer is asked once.
WITH h AS MATERIALIZED (
  SELECT component, status, worst_metric, reason, basis, work_ts,
    effect IN ('waiting', 'helped') AS worked,
    coalesce(since_ts, last_ts) AS starts_ts, as_of
  FROM hf_health(?1) WHERE as_of = ?2 AND schema = ?3),
f AS MATERIALIZED (
  SELECT component, probability, time_to_failure_hours, cause, since_ts, last_ts
  FROM hf_predict_failures(?1)
  WHERE will_fail = 1 AND as_of = ?2 AND schema = ?3),
-- the columns beside a lone max() are those of its row
a AS MATERIALIZED (
  SELECT component, max(ts) AS ts, is_anomaly, score, since_ts, metric
  FROM hf_anomalies(NULL, ?1) WHERE as_of = ?2 AND schema = ?3
  GROUP BY component),
m AS MATERIALIZED (
  SELECT component, priority, action, reason, due_ts, since_ts, cause
  FROM hf_maintenance(?1) WHERE as_of = ?2 AND schema = ?3),
word(status, alertname, severity, text) AS (VALUES
  ('failed', 'ComponentFailed', 'critical', 'has failed'),
  ('critical', 'ComponentCritical', 'critical', 'is critical'),
  ('silent', 'ComponentSilent', 'warning', 'has stopped reporting'),
  ('warning', 'ComponentWarning', 'warning', 'nears its limit')),
hushed AS (SELECT component FROM h
  WHERE status IN ('retired', 'maintenance')),
-- what was worked on; what changed since then the work explains
met AS (SELECT component, work_ts FROM h WHERE worked = 1),
alert AS (
  SELECT h.component, w.alertname, w.severity, h.worst_metric AS metric,
    CASE WHEN h.status <> 'warning' THEN w.text
      WHEN h.basis = 'own_past' THEN 'is unlike its own past'
      WHEN h.basis = 'failure_risk' THEN 'may fail within a day'
      ELSE w.text END AS text, h.reason AS description,
    h.starts_ts, NULL AS action
  FROM h JOIN word AS w USING (status)
  -- a predicted failure has its own alert, and rests while work may have met it
  WHERE h.basis IS NOT 'failure_risk'
    OR h.worked IS NOT 1 AND component NOT IN (SELECT component FROM f)
  UNION ALL
  SELECT component, 'FailurePredicted', 'critical', cause,
    'is about to fail',
    coalesce('fails in about ' || round(time_to_failure_hours, 1) || ' hours, ',
      '') || 'probability ' || round(probability, 2) || ' within the horizon',
    coalesce(since_ts, last_ts), NULL
  FROM f WHERE component NOT IN (SELECT component FROM hushed)
    AND component NOT IN (SELECT component FROM met)
  UNION ALL
  SELECT component, 'Anomaly', 'warning', metric,
    'behaves out of the ordinary',
    'score ' || round(score, 3) || ' of 1'
      || coalesce('; ' || metric || ' contributes most', ''),
    coalesce(since_ts, ts), NULL
  FROM a LEFT JOIN met USING (component) WHERE is_anomaly = 1
    AND component NOT IN (SELECT component FROM hushed)
    AND (work_ts IS NULL OR since_ts < work_ts)
  UNION ALL
  SELECT m.component, 'MaintenanceDue',
    iif(m.priority = 'CRITICAL', 'critical', 'warning'), m.cause,
    'needs attention', m.reason, coalesce(m.since_ts, h.starts_ts), m.action
  FROM m JOIN h USING (component)
  WHERE m.priority IN ('CRITICAL', 'HIGH'))
SELECT alertname, severity, component, metric,
  printf('%s %s', coalesce(nullif(component, ''), 'the unnamed component'), text)
    AS summary, description,
  -- its own, else what the same metric asks for, else the most urgent
  coalesce(alert.action, (SELECT action FROM (
    SELECT action, due_ts, m.cause IS alert.metric AS same,
      CASE priority WHEN 'CRITICAL' THEN 1 WHEN 'HIGH' THEN 2
        WHEN 'MEDIUM' THEN 3 ELSE 4 END AS rank
    FROM m WHERE m.component = alert.component)
    ORDER BY same DESC, rank, due_ts, action LIMIT 1)) AS action,
  starts_ts, strftime('%Y-%m-%dT%H:%M:%SZ', starts_ts, 'unixepoch') AS starts_at,
  (SELECT max(as_of) FROM h) AS as_of
FROM alert
ORDER BY severity, component, alertname, summary, description;
