-- ?1 budget_per_month, ?2 sla_target_ms, ?3 options, ?4 as_of, ?5 schema
-- Every row carries the figures of the whole and the plan of its service.
WITH r AS MATERIALIZED (
  SELECT row_number() OVER () AS place, *
  FROM hf_optimize_cost(?1, ?2, ?3, ?4, ?5)),
whole AS (SELECT * FROM r WHERE place = 1),
strategies AS (
  SELECT json_group_array(json_object(
    'strategy', strategy, 'service', service, 'savings', savings,
    'effort', effort, 'risk', risk,
    'restart_needed', json(iif(restart_needed, 'true', 'false')),
    'rollback_possible', json(iif(rollback_possible, 'true', 'false')),
    'detail', detail)) AS j
  FROM (SELECT * FROM r WHERE strategy IS NOT NULL ORDER BY place)),
plan AS (
  SELECT json_group_array(json(iif(choice IS NULL,
    json_object('service', service, 'sku_id', sku_id,
      'target_utilization', target_utilization, 'workers', workers,
      'spot_share', spot_share, 'on_hours', on_hours),
    json_object('service', service, 'choice', choice)))) AS j
  FROM (SELECT * FROM r
    WHERE choice IS NOT NULL OR spot_share IS NOT NULL
    GROUP BY service ORDER BY min(place)))
SELECT json_object(
  'status', status,
  'reason', reason,
  'estimated_savings', estimated_savings,
  'savings_low', savings_low,
  'savings_high', savings_high,
  'spend_per_month', spend_per_month,
  'cost_per_month', cost_per_month,
  'lower_bound_per_month', lower_bound_per_month,
  'optimality_gap', optimality_gap,
  'within_budget', iif(within_budget IS NULL, NULL,
    json(iif(within_budget, 'true', 'false'))),
  'sla_feasible', iif(sla_feasible IS NULL, NULL,
    json(iif(sla_feasible, 'true', 'false'))),
  'commitment', iif(commitment_covers_per_hour IS NULL, NULL,
    json_object('covers_per_hour', commitment_covers_per_hour,
      'pays_per_hour', commitment_pays_per_hour, 'term', commitment_term)),
  'strategies', json((SELECT j FROM strategies)),
  'plan', json((SELECT j FROM plan)))
FROM whole;
