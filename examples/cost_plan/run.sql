-- An analyst's questions about cost: is the commitment used, what does a
-- thousand requests cost on which day, and what would the plan have run?

SELECT hf_init();
.read examples/history.sql
.mode box

-- A commitment bought on 10 March: 2.60 an hour, for use of 4.00 on demand.
-- What an hour does not use of it is lost.
CREATE TEMP TABLE used AS
SELECT ts, min(4, sum(.194 * workers)) AS use FROM hf_service_load
WHERE ts >= 1773100800 GROUP BY ts;
INSERT INTO hf_costs(ChargePeriodStart, ChargePeriodEnd, ChargeCategory,
  PricingCategory, ListCost, EffectiveCost, BilledCost, CommitmentDiscountId,
  CommitmentDiscountStatus)
SELECT min(ts), min(ts) + 3600, 'Purchase', 'Committed', NULL, 0,
  2.60 * count(*), 'one-year', NULL FROM used
UNION ALL
SELECT ts, ts + 3600, 'Usage', 'Committed', use, .65 * use, 0, 'one-year',
  'Used' FROM used
UNION ALL
SELECT ts, ts + 3600, 'Usage', 'Committed', 0, 2.60 - .65 * use, 0,
  'one-year', 'Unused' FROM used WHERE use < 4;

-- Utilisation: how much of what was bought was used. Coverage: how much of
-- what ran was covered.
SELECT c.CommitmentDiscountId AS commitment, round(purchased, 2) AS purchased,
  round(utilization, 3) AS utilisation,
  round((SELECT total(ListCost) FROM hf_costs
      WHERE CommitmentDiscountStatus = 'Used')
    / (SELECT .194 * sum(workers) FROM hf_service_load
      WHERE ts >= 1773100800), 3) AS coverage
FROM hf_commitments AS c;

-- What a thousand requests cost, beside the latency they got, by day.
SELECT strftime('%m-%d', ts, 'unixepoch') AS day,
  round(sum(workers) * .194 / (sum(demand_mean) * 3600) * 1000, 5)
    AS cost_per_1000,
  max(p95_ms) AS slowest_ms
FROM hf_service_load WHERE service = 'api' GROUP BY day ORDER BY day;

-- The recommended plan beside what ran: workers by day for the api, as they
-- were and as the plan's target utilisation would have set them.
WITH plan AS MATERIALIZED (
  SELECT DISTINCT service, sku_id, target_utilization, spot_share
  FROM hf_optimize_cost(2400, 250) WHERE service = 'api'),
price AS (SELECT * FROM hf_prices ORDER BY ts DESC),
now AS (
  SELECT s.service, s.min_workers,
    (SELECT sum(demand_mean) / sum(workers * utilization)
      FROM hf_service_load AS l WHERE l.service = s.service)
    / (SELECT speed FROM price AS p WHERE p.sku_id = s.sku_id
      AND p.region_id = s.region_id LIMIT 1)
    * (SELECT speed FROM price AS p WHERE p.sku_id = plan.sku_id
      AND p.region_id = s.region_id LIMIT 1) AS capacity
  FROM hf_services AS s JOIN plan USING(service))
SELECT strftime('%m-%d', ts, 'unixepoch') AS day, sku_id, spot_share,
  round(avg(workers), 1) AS workers_were,
  round(avg(max(min_workers, CAST(demand_mean / (capacity
    * plan.target_utilization) + .999999 AS INTEGER))), 1) AS workers_planned
FROM hf_service_load AS l JOIN plan USING(service) JOIN now USING(service)
GROUP BY day ORDER BY day;

-- What is held is spent: the commitment lowers what else can be saved.
SELECT round(estimated_savings) AS saves, round(spend_per_month) AS spend,
  commitment_covers_per_hour > 0 AS more_commitment
FROM hf_optimize_cost(2400, 250) LIMIT 1;
