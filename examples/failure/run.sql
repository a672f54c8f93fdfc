-- Record the health of components, ask what will fail, and what to do.

SELECT hf_init();
INSERT INTO hf_components(component, kind) VALUES
  ('worker-1', 'worker'), ('worker-2', 'worker');
INSERT INTO hf_thresholds(metric, kind, warning, critical) VALUES
  ('response_time_ms', 'worker', 400, 800), ('memory_percent', '', 85, 95);

-- Two days, a reading every ten minutes. worker-1 leaks memory and grows
-- slow, worker-2 is well.
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t WHERE k < 287),
  c(component, leak) AS (VALUES ('worker-1', 1), ('worker-2', 0)),
  u AS (SELECT component, leak, k, 1773738000 + 600 * k AS ts,
    (k * 7919 + 31 * leak) % 1009 / 1009.0 AS r FROM t, c)
INSERT INTO hf_health_metrics(component, ts, cpu_percent, memory_percent,
  disk_percent, network_errors, response_time_ms)
SELECT component, ts, 40 + 10 * r, 45 + leak * 42.0 * k / 287 + 2 * r,
  30 + r, 0, 100 + leak * 300.0 * k / 287 + 10 * r
FROM u;

SELECT component, will_fail, time_to_failure_hours IS NOT NULL AS has_time, cause
FROM hf_predict_failures(NULL, 24) ORDER BY component;

SELECT hf_predict_failures('worker-1', 24) ->> 'component' AS component,
  hf_predict_failures('worker-1', 24) ->> 'will_fail' AS will_fail;

SELECT priority, component, action FROM hf_maintenance();
