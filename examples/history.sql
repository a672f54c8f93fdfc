-- history.sql: a simulated fortnight of a small web shop, for the demo, the
-- README and the examples. No number in it was measured anywhere.
--
--   SELECT hf_init();
--   .read examples/history.sql
--
-- It runs from Tuesday 2026-03-03 09:00 to Tuesday 2026-03-17 09:00 UTC and is
-- the same on every machine: the noise comes from a generator written in SQL.
--
--   the shop       busy by day, quiet at night and at the weekend; more users
--                  every week; a runaway job on Friday 2026-03-13 from 14:00
--   the workers    eight serve at a time; five have failed and were replaced;
--                  worker-6 goes the same way since Monday night
--   db-1           its disk fills by two points a day
--   memory         three pools that were given different sizes on the way
--   queries        a lookup, a listing, a report that got a better plan
--   cost           five services, three machine types, what they cost a day

BEGIN;

CREATE TEMP TABLE span AS SELECT
  CAST(strftime('%s', '2026-03-03 09:00:00') AS INTEGER) AS first,
  CAST(strftime('%s', '2026-03-17 09:00:00') AS INTEGER) AS last;

-- noise(i, z): 6,000 numbers, mean 0, deviation 1 (a sum of four uniforms).
-- Each user starts at another i, so that no two series share their noise.
CREATE TEMP TABLE noise(i INTEGER PRIMARY KEY, z REAL);
WITH RECURSIVE g(i, a, b, c, d) AS (
  SELECT 0, 48271, 182605794, 1291394886, 1914720637
  UNION ALL
  SELECT i + 1, d * 48271 % 2147483647,
    d * 182605794 % 2147483647, d * 1291394886 % 2147483647,
    d * 1914720637 % 2147483647
  FROM g WHERE i < 5999)
INSERT INTO noise
SELECT i, ((a + b + c + d) / 2147483647.0 - 2) * 1.7320508 FROM g;

-- How busy an hour of the day is, 0..1 (UTC).
CREATE TEMP TABLE day_shape(hour INTEGER PRIMARY KEY, busy REAL);
INSERT INTO day_shape VALUES
  (0, .14), (1, .09), (2, .06), (3, .05), (4, .06), (5, .09),
  (6, .16), (7, .29), (8, .48), (9, .68), (10, .82), (11, .89),
  (12, .84), (13, .87), (14, .93), (15, .95), (16, .91), (17, .86),
  (18, .80), (19, .75), (20, .66), (21, .50), (22, .34), (23, .22);

-- load(ts, busy): the pull on the shop every five minutes. Weekends have half
-- of it, and it grows by one per cent a day.
CREATE TEMP TABLE load(k INTEGER PRIMARY KEY, ts INTEGER, day REAL, busy REAL);
WITH RECURSIVE t(k, ts) AS (
  SELECT 0, first FROM span
  UNION ALL
  SELECT k + 1, ts + 300 FROM t, span WHERE ts + 300 < last)
INSERT INTO load
SELECT k, ts, k / 288.0,
  (a.busy + (b.busy - a.busy) * (ts % 3600) / 3600.0)
  * CASE WHEN strftime('%w', ts, 'unixepoch') IN ('0', '6') THEN .52 ELSE 1 END
  * (1 + .01 * k / 288.0)
FROM t
JOIN day_shape AS a ON a.hour = ts / 3600 % 24
JOIN day_shape AS b ON b.hour = (ts / 3600 + 1) % 24;

-- ---- The host ------------------------------------------------------------

INSERT INTO hf_resource_metrics(ts, cpu_percent, memory_mb, disk_io_mb_per_sec,
  network_mb_per_sec, active_workers, queued_tasks)
SELECT ts, round(cpu, 2), round(5200 + 4100 * busy + 14 * day + 60 * m.z, 1),
  round(max(0, 6 + 30 * busy + 2 * d.z), 2),
  round(max(0, 3 + 24 * busy + n.z), 2), 8,
  CAST(max(0, (cpu - 66) / 4 + q.z) AS INTEGER)
FROM (
  SELECT load.*, min(100, 11 + 60 * busy + 1.8 * c.z
    + CASE WHEN ts >= strftime('%s', '2026-03-13 14:00:00') + 0
        AND ts < strftime('%s', '2026-03-13 15:10:00') + 0
      THEN 27 ELSE 0 END) AS cpu
  FROM load JOIN noise AS c ON c.i = k)
JOIN noise AS m ON m.i = (k + 700) % 6000
JOIN noise AS d ON d.i = (k + 1400) % 6000
JOIN noise AS n ON n.i = (k + 2100) % 6000
JOIN noise AS q ON q.i = (k + 2800) % 6000;

INSERT INTO hf_memory_stats(ts, total_mb, used_mb, available_mb, cache_mb,
  buffer_mb)
SELECT ts, 16384, memory_mb, 16384 - memory_mb,
  round(4300 - .2 * memory_mb, 1), 410
FROM hf_resource_metrics;

INSERT INTO hf_metric_names(component, metric, unit, kind)
VALUES ('shop', 'requests_per_minute', 'requests/min', 'gauge');
INSERT INTO hf_metrics(component, metric, ts, value)
SELECT 'shop', 'requests_per_minute', ts,
  round(max(0, 60 + 1850 * busy + 45 * z))
FROM load JOIN noise ON i = (k + 3500) % 6000;

-- ---- Components that wear out ----------------------------------------------

-- From which day to which each lives, and the hours its decline takes.
CREATE TEMP TABLE lives(component TEXT, salt INTEGER, born REAL, died REAL,
  decline REAL);
INSERT INTO lives VALUES
  ('worker-1', 100, -90, NULL, NULL), ('worker-2', 200, -61, NULL, NULL),
  ('worker-3', 300, -75, 3.4, 33), ('worker-4', 400, -30, NULL, NULL),
  ('worker-5', 500, -44, 6.1, 41), ('worker-6', 600, -52, 14.6, 37),
  ('worker-7', 700, -58, 9.3, 36), ('worker-8', 800, -12, NULL, NULL),
  ('worker-9', 900, 3.5, 8.2, 46), ('worker-10', 1000, 6.2, 11.7, 30),
  ('worker-11', 1100, 8.3, NULL, NULL), ('worker-12', 1200, 9.4, NULL, NULL),
  ('worker-13', 1300, 11.8, NULL, NULL);

INSERT INTO hf_components(component, kind, commissioned_ts, retired_ts)
SELECT component, 'worker', first + CAST(born * 86400 AS INTEGER),
  CASE WHEN died < 14 THEN first + CAST(died * 86400 AS INTEGER) + 1800 END
FROM lives, span;
INSERT INTO hf_components(component, kind, commissioned_ts)
SELECT 'db-1', 'database', first - 400 * 86400 FROM span;

INSERT INTO hf_failures(component, ts, kind, note)
SELECT component, first + CAST(died * 86400 AS INTEGER), 'crash',
  'stopped answering; replaced'
FROM lives, span WHERE died < 14;

-- A reading every quarter of an hour. `w` goes from 0 to 1 on the way down.
INSERT INTO hf_health_metrics(component, ts, cpu_percent, memory_percent,
  disk_percent, network_errors, response_time_ms)
SELECT component, ts,
  round(min(100, 9 + 56 * busy + 12 * w + 2.5 * a.z), 1),
  round(min(100, 38 + 14 * busy + 41 * w + 1.2 * b.z), 1),
  round(31 + .8 * c.z, 1),
  CAST(max(0, 26 * w * w + .6 * c.z) AS INTEGER),
  round((82 + 66 * busy) * (1 + 5 * w * w) * (1 + .05 * b.z), 1)
FROM (
  SELECT component, k, ts, busy, salt,
    coalesce(max(0, min(1, 1 - (died - day) * 24 / decline)), 0) AS w
  FROM lives JOIN load
  WHERE k % 3 = 0 AND day >= born AND (died IS NULL OR day < died))
JOIN noise AS a ON a.i = (k + salt) % 6000
JOIN noise AS b ON b.i = (k + 2 * salt + 1601) % 6000
JOIN noise AS c ON c.i = (k + 3 * salt + 3203) % 6000;

INSERT INTO hf_health_metrics(component, ts, cpu_percent, memory_percent,
  disk_percent, network_errors, response_time_ms)
SELECT 'db-1', ts, round(14 + 40 * busy + 2 * a.z, 1),
  round(71 + .6 * b.z, 1), round(54 + 2.03 * day + .15 * a.z, 2), 0,
  round(5 + 6 * busy + .4 * b.z, 2)
FROM load
JOIN noise AS a ON a.i = (k + 4500) % 6000
JOIN noise AS b ON b.i = (k + 5100) % 6000
WHERE k % 3 = 0;

INSERT INTO hf_thresholds(metric, kind, warning, critical) VALUES
  ('disk_percent', '', 80, 90),
  ('memory_percent', '', 85, 95),
  ('response_time_ms', 'worker', 400, 800);

INSERT INTO hf_maintenance_log(component, ts, action, note)
SELECT 'db-1', first + 18 * 3600, 'vacuum', 'monthly' FROM span;

-- ---- Memory pools ----------------------------------------------------------

UPDATE hf_config SET value = 6000 WHERE key = 'total_memory_mb';

-- Sizes of cache, buffer and application in MB, from the given day on.
CREATE TEMP TABLE splits(day REAL PRIMARY KEY, cache REAL, buffer REAL,
  application REAL);
INSERT INTO splits VALUES
  (0, 1800, 600, 3600), (3, 2300, 600, 3100), (6, 2300, 1000, 2700),
  (9, 1400, 1000, 3600), (12, 1800, 600, 3600);

INSERT INTO hf_cache_stats(pool, ts, size_mb, hits, misses, miss_cost_ms)
WITH hourly AS (
  SELECT k, ts, busy, (SELECT max(s.day) FROM splits AS s
    WHERE s.day <= load.day) AS since
  FROM load WHERE k % 12 = 0)
SELECT 'cache', ts, cache, round(n - m), round(m), 4
FROM (
  SELECT ts, cache, 90000 * busy + 4000 AS n,
    (90000 * busy + 4000) * (.02 + .30 * cold) * (1 + .03 * z) AS m
  FROM (
    SELECT hourly.*, cache, z, 1.0 / (1 + cache / 900.0 * cache / 900.0)
      AS cold
    FROM hourly JOIN splits ON splits.day = since
    JOIN noise ON i = (k + 250) % 6000))
UNION ALL
SELECT 'buffer', ts, buffer, round(n - m), round(m), 1
FROM (
  SELECT ts, buffer, 60000 * busy + 3000 AS n,
    (60000 * busy + 3000) * (.03 + .25 / (1 + buffer / 300.0)) * (1 + .03 * z)
      AS m
  FROM hourly JOIN splits ON splits.day = since
  JOIN noise ON i = (k + 950) % 6000)
UNION ALL
SELECT 'application', ts, application, round(400 * busy + 60),
  round(max(0, 2900 + 300 * z - application) * busy), .5
FROM hourly JOIN splits ON splits.day = since
JOIN noise ON i = (k + 1650) % 6000;

-- ---- Queries ---------------------------------------------------------------

INSERT INTO hf_query_history(query_id, ts, rows, bytes_scanned,
  execution_time_ms, param_hash, plan_hash, memory_peak_mb)
SELECT 'user_lookup', ts, 1, 8192, round(.4 * (1 + .2 * abs(z)), 3), k % 7, 11,
  .1
FROM load JOIN noise ON i = (k + 50) % 6000 WHERE k % 16 = 0
UNION ALL
SELECT 'order_list', ts, n, n * 220,
  round((6 + n * .004) * (1 + .15 * abs(z)), 2), k % 5, 21, round(n * .0004, 2)
FROM (SELECT load.*, z, CAST(4000 + 9000 * busy + 600 * z AS INTEGER) AS n
  FROM load JOIN noise ON i = (k + 75) % 6000 WHERE k % 40 = 5)
UNION ALL
SELECT 'daily_report', ts, n, n * 640,
  round((900 + n * CASE WHEN day < 8 THEN .02 ELSE .011 END)
    * (1 + .1 * abs(z)), 1), NULL, CASE WHEN day < 8 THEN 31 ELSE 32 END,
  round(n * .003, 1)
FROM (SELECT load.*, z, CAST(400000 + 5000 * day + 9000 * z AS INTEGER) AS n
  FROM load JOIN noise ON i = (k + 90) % 6000 WHERE k % 144 = 36);

-- ---- Cost ------------------------------------------------------------------

INSERT INTO hf_prices(sku_id, region_id, ts, vcpu, memory_gb, speed,
  on_demand_per_hour, spot_per_hour, commit_1y_per_hour, commit_3y_per_hour,
  interruptions_per_month)
SELECT sku, 'eu-west', first, vcpu, gb, speed, od, spot, c1, c3, 2
FROM span, (
  SELECT 'std-4' AS sku, 4 AS vcpu, 16 AS gb, 1.0 AS speed, .194 AS od,
    .058 AS spot, .122 AS c1, .087 AS c3
  UNION ALL SELECT 'std-8', 8, 32, 2.0, .388, .116, .244, .174
  UNION ALL SELECT 'new-4', 4, 16, 1.2, .169, .051, .106, .076);

-- demand is in requests a second; a std-4 machine serves 120 at the most
CREATE TEMP TABLE shop(service TEXT, salt INTEGER, base REAL, swing REAL,
  target REAL, fixed INTEGER, a REAL);
INSERT INTO shop VALUES
  ('api', 111, 40, 900, .45, NULL, 70), ('search', 222, 25, 420, .40, NULL, 95),
  ('etl', 333, 240, -180, .50, NULL, 400), ('dev', 444, 2, 80, NULL, 3, 120),
  ('orders-db', 555, 30, 190, NULL, 6, 18);

INSERT INTO hf_services(service, kind, sku_id, region_id, autoscaled,
  target_utilization, min_workers, can_stop, can_resize, spot_share_max, sla_ms)
VALUES
  ('api', 'web', 'std-4', 'eu-west', 1, .45, 2, 0, 1, .5, 250),
  ('search', 'web', 'std-4', 'eu-west', 1, .40, 2, 0, 1, .25, 300),
  ('etl', 'batch', 'std-4', 'eu-west', 1, .50, 1, 0, 1, .75, NULL),
  ('dev', 'dev', 'std-4', 'eu-west', 0, NULL, 1, 1, 1, 0, NULL),
  ('orders-db', 'db', 'std-4', 'eu-west', 0, NULL, 2, 0, 0, 0, 60);

INSERT INTO hf_service_load(service, ts, demand_mean, demand_max, workers,
  utilization, p95_ms)
SELECT service, ts, round(mean, 2), round(peak, 2), w,
  round(mean / (w * 120), 4),
  round(a * (1 + .6 * rho * rho + .5 * rho * rho * rho * rho / (1.05 - rho))
    * (1 + .03 * z), 1)
FROM (
  SELECT *, peak / (w * 120) AS rho FROM (
    SELECT *, coalesce(fixed, max(2, -CAST(-(mean / (120 * target)) - .999999
      AS INTEGER))) AS w
    FROM (
      SELECT service, ts, target, fixed, a, n.z AS z, mean,
        mean * (1.10 + .03 * abs(n.z)) AS peak
      FROM (
        SELECT shop.*, k, ts,
          max(0, (base + swing * busy) * (1 + .04 * m.z)
            * CASE WHEN service = 'dev'
                AND (busy < .25 OR strftime('%w', ts, 'unixepoch')
                  IN ('0', '6'))
              THEN 0 ELSE 1 END) AS mean
        FROM shop JOIN load ON k % 12 = 0
        JOIN noise AS m ON m.i = (k + salt) % 6000)
      JOIN noise AS n ON n.i = (k + 7 * salt) % 6000)));

-- One row a day and service, as a bill in FOCUS columns has it.
INSERT INTO hf_costs(BillingPeriodStart, BillingPeriodEnd, ChargePeriodStart,
  ChargePeriodEnd, ChargeCategory, ChargeDescription, ServiceCategory,
  ServiceName, RegionId, ResourceId, SkuId, PricingCategory, PricingQuantity,
  PricingUnit, ConsumedQuantity, ConsumedUnit, ListCost, ContractedCost,
  EffectiveCost, BilledCost, x_Service)
SELECT CAST(strftime('%s', '2026-03-01') AS INTEGER),
  CAST(strftime('%s', '2026-04-01') AS INTEGER), day, day + 86400, 'Usage',
  'machines of ' || service, 'Compute', 'Virtual machines', 'eu-west',
  service || '-pool', 'std-4', 'Standard', hours, 'Hours', hours, 'Hours',
  cost, cost, cost, cost, service
FROM (
  SELECT service, ts / 86400 * 86400 AS day, sum(workers) AS hours,
    round(sum(workers) * .194, 4) AS cost
  FROM hf_service_load GROUP BY service, ts / 86400);

DROP TABLE span;
DROP TABLE noise;
DROP TABLE day_shape;
DROP TABLE load;
DROP TABLE lives;
DROP TABLE splits;
DROP TABLE shop;

COMMIT;
