-- A section of hf_report(): ?1 days, ?2 as_of, ?3 schema. A format: %w is the
-- schema, other percent signs are doubled.
-- The budget decides within_budget alone, which is not shown.
WITH c AS MATERIALIZED (
  SELECT row_number() OVER () AS place, *
  FROM hf_optimize_cost(1e9, (SELECT coalesce(max(value), 1000)
    FROM "%w".hf_config WHERE key = 'sla_wait_ms'))
  WHERE as_of = ?2 AND schema = ?3)
SELECT 'All' AS Service, round(spend_per_month, 2) AS "Spent a month",
  round(cost_per_month, 2) AS "With the plan",
  round(estimated_savings, 2) AS Saves,
  coalesce(reason, 'saves between ' || round(savings_low, 2) || ' and '
    || round(savings_high, 2)) AS Detail
FROM c WHERE place = 1
UNION ALL
SELECT * FROM (
  SELECT coalesce(service, strategy), '', '', round(savings, 2),
    strategy || coalesce(': ' || detail, '')
  FROM c WHERE strategy IS NOT NULL ORDER BY place);
