-- history.sql: a made-up history for the tests, :days days long from Monday
-- 2025-12-01 00:00 UTC. No randomness: noise(k) is the fraction of a hash of
-- whole numbers, spelled ((k * 7919 + c) % 1009) / 1009.0. Needs the tables.
--
--   memory, resources   every 10 minutes, a daily rhythm, calmer weekends
--   web-1, web-2, db-1  hourly health; web-2 grows slow, the disk of db-1 fills
--   requests, errors    narrow metrics (delta), hourly
--   q1, q2              40 executions each a day; q2's time follows its bytes
--   pools               hourly cache statistics; sequence of accesses to 60 items
--   api, jobs           services with hourly load, three prices, daily bills
--   failures            web-2 twice, db-1 once, before the end

INSERT INTO hf_memory_stats
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t
  WHERE k + 1 < :days * 144),
u AS (SELECT k, 1764547200 + k * 600 AS ts, (k % 144) / 144.0 AS day,
  ((k * 7919 + 13) % 1009) / 1009.0 AS noise FROM t)
SELECT ts, 16384,
  8000 + 2500 * (1 - abs(2 * day - 1)) + 400 * noise,
  16384 - (8000 + 2500 * (1 - abs(2 * day - 1)) + 400 * noise),
  2048, 1024 FROM u;

INSERT INTO hf_resource_metrics
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t
  WHERE k + 1 < :days * 144),
u AS (SELECT k, 1764547200 + k * 600 AS ts,
  (1 - abs(2 * ((k % 144) / 144.0) - 1))
    * CASE WHEN (k / 144) % 7 >= 5 THEN 0.6 ELSE 1 END AS load,
  ((k * 7919 + 101) % 1009) / 1009.0 AS noise FROM t)
SELECT ts, 15 + 50 * load + 8 * noise, 6000 + 2000 * load + 100 * noise,
  20 + 60 * load + 10 * noise, 5 + 30 * load + 4 * noise,
  CAST(2 + 8 * load + noise AS INTEGER),
  CAST(max(0, 6 * load - 3 + 4 * noise) AS INTEGER) FROM u;

INSERT INTO hf_components VALUES
  ('web-1', 'web', 1764547200, NULL), ('web-2', 'web', 1764547200, NULL),
  ('db-1', 'db', 1764547200, NULL);

INSERT INTO hf_health_metrics
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t
  WHERE k + 1 < :days * 24),
c(name, j) AS (VALUES('web-1', 0), ('web-2', 1), ('db-1', 2)),
u AS (SELECT name, j, k, 1764547200 + k * 3600 AS ts,
  1 - abs(2 * ((k % 24) / 24.0) - 1) AS load,
  (((k * 3 + j) * 7919 + 211) % 1009) / 1009.0 AS noise FROM t, c)
SELECT name, ts, 20 + 40 * load + 6 * noise, 40 + 10 * load + 4 * noise,
  CASE j WHEN 2 THEN 60 + 32.0 * k / (:days * 24) + 0.3 * noise
    ELSE 45 + noise END,
  CASE j WHEN 1 THEN k / 48 ELSE 0 END,
  80 + 40 * load + 10 * noise
    + CASE j WHEN 1 THEN 300.0 * k / (:days * 24) ELSE 0 END
FROM u;

INSERT INTO hf_failures(component, ts, kind, note) VALUES
  ('web-2', 1764547200 + :days * 86400 / 3, 'crash', 'made up'),
  ('web-2', 1764547200 + :days * 86400 * 2 / 3, 'crash', 'made up'),
  ('db-1', 1764547200 + :days * 86400 / 2, 'disk', 'made up');

INSERT INTO hf_thresholds(metric, kind, warning, critical) VALUES
  ('response_time_ms', 'web', 300, 600), ('disk_percent', '', 85, 95);

INSERT INTO hf_maintenance_log(component, ts, action, note) VALUES
  ('db-1', 1764547200 + 43200, 'clean disk', 'made up');

INSERT INTO hf_metric_names(component, metric, unit, kind) VALUES
  ('', 'requests', NULL, 'delta'), ('web-1', 'errors', NULL, 'delta');

INSERT INTO hf_metrics(component, metric, ts, value)
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t
  WHERE k + 1 < :days * 24)
SELECT '', 'requests', 1764547200 + k * 3600,
  round(500 + 900 * (1 - abs(2 * ((k % 24) / 24.0) - 1))
    + 60 * ((k * 7919 + 307) % 1009) / 1009.0) FROM t
UNION ALL
SELECT 'web-1', 'errors', 1764547200 + k * 3600, (k * 7919 + 5) % 7 FROM t;

INSERT INTO hf_query_history(query_id, ts, rows, bytes_scanned,
  execution_time_ms, param_hash, plan_hash, workers, memory_peak_mb)
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t
  WHERE k + 1 < :days * 40),
q(id, j) AS (VALUES('q1', 0), ('q2', 1)),
u AS (SELECT id, j, k, 1764547200 + k * 2160 AS ts,
  100000 * (1 + (k * 31) % 50) AS bytes,
  ((k * 7919 + j * 17 + 401) % 1009) / 1009.0 AS noise FROM t, q)
SELECT id, ts, bytes / 100, bytes,
  CASE j WHEN 0 THEN 20 + 5 * noise ELSE 4 + bytes / 25000.0 * (0.9 + 0.2 * noise) END,
  k % 3, 1, 4, 50 + bytes / 1e5 FROM u;

INSERT INTO hf_cache_stats(pool, ts, size_mb, hits, misses, miss_cost_ms)
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t
  WHERE k + 1 < :days * 24),
p(name, j, cost) AS (VALUES('cache', 0, 5.0), ('buffer', 1, 8.0),
  ('application', 2, 3.0)),
u AS (SELECT name, j, cost, k, 1764547200 + k * 3600 AS ts,
  512 * (1 + (k / 6 + j) % 4) AS size,
  ((k * 7919 + j * 29 + 503) % 1009) / 1009.0 AS noise FROM t, p)
SELECT name, ts, size, 10000 - 2e6 / (size + 300 * (j + 1)) * (0.95 + 0.1 * noise),
  2e6 / (size + 300 * (j + 1)) * (0.95 + 0.1 * noise), cost FROM u;

INSERT INTO hf_cache_accesses(pool, seq, item)
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t
  WHERE k + 1 < :days * 100)
SELECT 'cache', k, ((k * 7919) % 1009) * ((k * 104729) % 997) % 60 FROM t;

INSERT INTO hf_services(service, kind, sku_id, region_id, autoscaled,
  target_utilization, min_workers, can_stop, can_resize, spot_share_max,
  sla_ms) VALUES
  ('api', 'web', 'm.large', 'eu', 1, 0.5, 2, 0, 1, 0.3, 250),
  ('jobs', 'batch', 'm.large', 'eu', 0, NULL, 2, 1, 1, 0.8, NULL);

INSERT INTO hf_prices(sku_id, region_id, ts, vcpu, memory_gb, speed,
  on_demand_per_hour, spot_per_hour, commit_1y_per_hour, commit_3y_per_hour,
  interruptions_per_month) VALUES
  ('m.large', 'eu', 0, 2, 8, 1, 0.10, 0.035, 0.065, 0.045, 3),
  ('m.xlarge', 'eu', 0, 4, 16, 2, 0.20, 0.07, 0.13, 0.09, 3),
  ('c.large', 'eu', 0, 2, 4, 1.15, 0.09, 0.03, 0.058, 0.04, 4);

INSERT INTO hf_service_load(service, ts, demand_mean, demand_max, workers,
  utilization, p95_ms)
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t
  WHERE k + 1 < :days * 24),
s(name, j) AS (VALUES('api', 0), ('jobs', 1)),
u AS (SELECT name, j, 1764547200 + k * 3600 AS ts,
  CASE j WHEN 0 THEN 2 + 3 * (1 - abs(2 * ((k % 24) / 24.0) - 1))
    ELSE CASE WHEN k % 24 < 6 THEN 1.5 ELSE 0.1 END END
    * (0.95 + 0.1 * ((k * 7919 + j * 31 + 601) % 1009) / 1009.0) AS demand
  FROM t, s),
v AS (SELECT *, CASE j WHEN 0 THEN max(2, CAST(demand * 2 + 0.999 AS INTEGER))
  ELSE 3 END AS workers FROM u)
SELECT name, ts, demand, demand * 1.2, workers, min(1, demand / workers),
  80 / (1.05 - min(1, demand / workers)) FROM v;

INSERT INTO hf_costs(BillingPeriodStart, BillingPeriodEnd, ChargePeriodStart,
  ChargePeriodEnd, ServiceName, RegionId, ResourceId, SkuId, PricingCategory,
  PricingQuantity, ConsumedQuantity, ListCost, ContractedCost, EffectiveCost,
  BilledCost, x_Service)
SELECT 1764547200, 1767225600, l.ts, l.ts + 3600, 'Compute', 'eu',
  l.service || '-pool', 'm.large', 'Standard', l.workers, l.workers,
  l.workers * 0.10, l.workers * 0.10, l.workers * 0.10, l.workers * 0.10,
  l.service
FROM hf_service_load AS l;
