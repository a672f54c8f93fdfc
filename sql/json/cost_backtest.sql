-- ?1 budget_per_month, ?2 sla_target_ms, ?3 train_end_ts, ?4 days, ?5 as_of,
-- ?6 schema
WITH r AS MATERIALIZED (
  SELECT row_number() OVER () AS place, *
  FROM hf_cost_backtest(?1, ?2, ?3, ?4, ?5, ?6))
SELECT json_object(
  'status', status,
  'reason', reason,
  'estimated_savings', estimated_savings,
  'realised_savings', realised_savings,
  'spend_per_month', spend_per_month,
  'realised_spend_per_month', realised_spend_per_month,
  'within_budget', iif(within_budget IS NULL, NULL,
    json(iif(within_budget, 'true', 'false'))),
  'hours', hours,
  'strategies', json((SELECT json_group_array(json_object(
      'strategy', strategy, 'estimated', estimated, 'realised', realised,
      'sla_violation_rate', sla_violation_rate))
    FROM (SELECT * FROM r WHERE strategy IS NOT NULL ORDER BY place))))
FROM r WHERE place = 1;
