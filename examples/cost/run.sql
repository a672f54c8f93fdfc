-- What the shop costs, what it serves for that, and what can be saved.

SELECT hf_init();
.read examples/history.sql
.mode box

-- The bill beside the work: what a million requests cost.
WITH work AS (
  SELECT service, sum(demand_mean) * 3600 / 1e6 AS million,
    max(p95_ms) AS slowest_ms
  FROM hf_service_load GROUP BY service)
SELECT x_Service AS service, round(sum(BilledCost), 2) AS cost,
  round(million, 1) AS million_requests,
  round(sum(BilledCost) / million, 2) AS cost_per_million, slowest_ms
FROM hf_costs JOIN work ON work.service = x_Service
GROUP BY x_Service ORDER BY cost DESC;

-- Savings per month, by what would have to be done.
SELECT strategy, count(*) AS services, sum(savings) > 0 AS saves
FROM hf_optimize_cost(1600, 250) GROUP BY strategy ORDER BY strategy;

-- The parts sum to the whole.
SELECT abs(sum(s.value ->> 'savings') - (answer ->> 'estimated_savings')) < .01
  AS sums_up
FROM (SELECT hf_optimize_cost(1600, 250) AS answer) AS a,
  json_each(a.answer, '$.strategies') AS s;
