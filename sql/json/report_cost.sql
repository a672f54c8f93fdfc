-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled. "Name|look": see face/report.c.
-- Each service's own sla_ms holds; a service that latency binds and that has
-- none cannot be examined, and a plan without it would promise too much. The
-- target for services without one is then never used. The budget decides
-- within_budget alone, which is not shown.
WITH bound AS (
  SELECT service FROM "%w".hf_services
  WHERE kind IN ('web', 'db') AND coalesce(sla_ms, 0) = 0),
some AS (SELECT 1 FROM "%w".hf_services
  WHERE NOT EXISTS(SELECT 1 FROM bound) LIMIT 1),
c AS MATERIALIZED (
  SELECT row_number() OVER () AS place, o.*
  FROM some, hf_optimize_cost(1e15, 1e9) AS o
  WHERE o.as_of = ?2 AND o.schema = ?3)
SELECT 'All services' AS Service, status AS "State|state",
  spend_per_month AS "A month now|money",
  cost_per_month AS "With the plan|money",
  estimated_savings AS "Saves|money",
  coalesce(reason, 'savings between ' || printf('%%.2f', savings_low) || ' and '
    || printf('%%.2f', savings_high) || coalesce(' ' || (
      SELECT group_concat(DISTINCT BillingCurrency) FROM "%w".hf_costs), ''))
    AS Detail
FROM c WHERE place = 1
UNION ALL
SELECT * FROM (
  SELECT coalesce(service, strategy), coalesce(risk || ' risk', ''), '', '',
    savings, strategy || coalesce(': ' || detail, '')
  FROM c WHERE strategy IS NOT NULL ORDER BY place)
UNION ALL
SELECT service, 'not examined', NULL, NULL, NULL,
  'latency binds it, and hf_services.sla_ms does not say how; fill it in'
FROM bound
UNION ALL
SELECT 'All services', 'not examined', NULL, NULL, NULL,
  'hf_costs holds bills, and hf_services no service that they are for'
WHERE NOT EXISTS(SELECT 1 FROM "%w".hf_services)
  AND EXISTS(SELECT 1 FROM "%w".hf_costs);
