-- schema.sql: the history. Plain tables that any SQLite from 3.31 on reads and
-- writes without the extension: `sqlite3 my.db < sql/schema.sql` works too.
-- SELECT hf_init() runs these statements, qualified with the schema, in one
-- savepoint. Time is unix seconds, INTEGER or REAL. Units are in the names.
--
-- A CHECK is named after what it asks, so that its message is the advice.
-- BETWEEN lets NULL pass, refuses texts and infinity, and is the cheapest form
-- on insert; IN with three values and more builds a table a row (a factor of
-- two through hf_metrics), so OR stands there. Limits have the type that the
-- values mostly have, so that no comparison converts: 0.0 for a REAL column,
-- whole seconds for ts. NUMERIC turns the digits of a CSV import into numbers.

CREATE TABLE IF NOT EXISTS hf_config(
  key TEXT NOT NULL PRIMARY KEY,
  value,
  unit TEXT,
  description TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hf_memory_stats(
  ts NUMERIC NOT NULL DEFAULT (CAST(strftime('%s','now') AS INTEGER))
    CONSTRAINT "ts must be unix seconds"
    CHECK(ts BETWEEN -100000000000 AND 100000000000),
  total_mb REAL
    CONSTRAINT "total_mb must be 0..1e12"
    CHECK(total_mb BETWEEN 0.0 AND 1e12),
  used_mb REAL
    CONSTRAINT "used_mb must be 0..total_mb"
    CHECK(used_mb BETWEEN 0.0 AND total_mb),
  available_mb REAL
    CONSTRAINT "available_mb must be 0..total_mb"
    CHECK(available_mb BETWEEN 0.0 AND total_mb),
  cache_mb REAL
    CONSTRAINT "cache_mb must be 0..total_mb"
    CHECK(cache_mb BETWEEN 0.0 AND total_mb),
  buffer_mb REAL
    CONSTRAINT "buffer_mb must be 0..total_mb"
    CHECK(buffer_mb BETWEEN 0.0 AND total_mb),
  PRIMARY KEY(ts) ON CONFLICT REPLACE
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hf_resource_metrics(
  ts NUMERIC NOT NULL DEFAULT (CAST(strftime('%s','now') AS INTEGER))
    CONSTRAINT "ts must be unix seconds"
    CHECK(ts BETWEEN -100000000000 AND 100000000000),
  cpu_percent REAL
    CONSTRAINT "cpu_percent must be 0..100"
    CHECK(cpu_percent BETWEEN 0.0 AND 100.0),
  memory_mb REAL
    CONSTRAINT "memory_mb must be 0..1e12"
    CHECK(memory_mb BETWEEN 0.0 AND 1e12),
  disk_io_mb_per_sec REAL
    CONSTRAINT "disk_io_mb_per_sec must be 0..1e12"
    CHECK(disk_io_mb_per_sec BETWEEN 0.0 AND 1e12),
  network_mb_per_sec REAL
    CONSTRAINT "network_mb_per_sec must be 0..1e12"
    CHECK(network_mb_per_sec BETWEEN 0.0 AND 1e12),
  active_workers REAL
    CONSTRAINT "active_workers must be 0..1e9"
    CHECK(active_workers BETWEEN 0.0 AND 1e9),
  queued_tasks REAL
    CONSTRAINT "queued_tasks must be 0..1e12"
    CHECK(queued_tasks BETWEEN 0.0 AND 1e12),
  PRIMARY KEY(ts) ON CONFLICT REPLACE
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hf_health_metrics(
  component TEXT NOT NULL DEFAULT '',
  ts NUMERIC NOT NULL DEFAULT (CAST(strftime('%s','now') AS INTEGER))
    CONSTRAINT "ts must be unix seconds"
    CHECK(ts BETWEEN -100000000000 AND 100000000000),
  cpu_percent REAL
    CONSTRAINT "cpu_percent must be 0..100"
    CHECK(cpu_percent BETWEEN 0.0 AND 100.0),
  memory_percent REAL
    CONSTRAINT "memory_percent must be 0..100"
    CHECK(memory_percent BETWEEN 0.0 AND 100.0),
  disk_percent REAL
    CONSTRAINT "disk_percent must be 0..100"
    CHECK(disk_percent BETWEEN 0.0 AND 100.0),
  network_errors REAL
    CONSTRAINT "network_errors must be 0..1e15"
    CHECK(network_errors BETWEEN 0.0 AND 1e15),
  response_time_ms REAL
    CONSTRAINT "response_time_ms must be 0..1e12"
    CHECK(response_time_ms BETWEEN 0.0 AND 1e12),
  PRIMARY KEY(component, ts) ON CONFLICT REPLACE
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hf_metric_names(
  id INTEGER PRIMARY KEY,
  component TEXT NOT NULL DEFAULT '',
  metric TEXT NOT NULL
    CONSTRAINT "metric must not be empty" CHECK(metric <> ''),
  unit TEXT,
  kind TEXT NOT NULL DEFAULT 'gauge'
    CONSTRAINT "kind must be gauge, delta, counter, quantile or state"
    CHECK(kind = 'gauge' OR kind = 'delta' OR kind = 'counter'
      OR kind = 'quantile' OR kind = 'state'),
  UNIQUE(component, metric)
);

CREATE TABLE IF NOT EXISTS hf_metric_samples(
  id INTEGER NOT NULL,
  ts NUMERIC NOT NULL
    CONSTRAINT "ts must be unix seconds"
    CHECK(ts BETWEEN -100000000000 AND 100000000000),
  value REAL
    CONSTRAINT "value must be within 1e100"
    CHECK(value BETWEEN -1e100 AND 1e100),
  PRIMARY KEY(id, ts) ON CONFLICT REPLACE
) WITHOUT ROWID;

-- INSERT INTO hf_metrics(component, metric, ts, value) just works, in batches
-- too. Nearly all names are known: the sample goes in first, and where that
-- changed a row the rest is left (changes() is of the statement before, in the
-- same trigger); else the name is registered and its sample follows. The upserts
-- keep their meaning under an outer INSERT OR REPLACE or OR IGNORE: an OR
-- REPLACE inside would give the name a new id and orphan its samples. '' (an
-- empty field of an import) counts as NULL.
CREATE VIEW IF NOT EXISTS hf_metrics(component, metric, ts, value) AS
  SELECT n.component, n.metric, s.ts, s.value
  FROM hf_metric_names AS n JOIN hf_metric_samples AS s ON s.id = n.id;

CREATE TRIGGER IF NOT EXISTS hf_metrics_insert
INSTEAD OF INSERT ON hf_metrics BEGIN
  INSERT INTO hf_metric_samples(id, ts, value)
    SELECT id,
      CASE WHEN NEW.ts <> '' THEN NEW.ts
        ELSE CAST(strftime('%s','now') AS INTEGER) END,
      CASE WHEN NEW.value <> '' THEN NEW.value END
    FROM hf_metric_names
    WHERE component = coalesce(NEW.component, '') AND metric = NEW.metric
    ON CONFLICT(id, ts) DO UPDATE SET value = excluded.value;
  SELECT RAISE(IGNORE) WHERE changes() > 0;
  INSERT INTO hf_metric_names(component, metric)
    VALUES(coalesce(NEW.component, ''), NEW.metric)
    ON CONFLICT(component, metric) DO NOTHING;
  INSERT INTO hf_metric_samples(id, ts, value)
    SELECT id,
      CASE WHEN NEW.ts <> '' THEN NEW.ts
        ELSE CAST(strftime('%s','now') AS INTEGER) END,
      CASE WHEN NEW.value <> '' THEN NEW.value END
    FROM hf_metric_names
    WHERE component = coalesce(NEW.component, '') AND metric = NEW.metric
    ON CONFLICT(id, ts) DO UPDATE SET value = excluded.value;
END;

CREATE TRIGGER IF NOT EXISTS hf_metrics_update
INSTEAD OF UPDATE ON hf_metrics BEGIN
  INSERT INTO hf_metric_names(component, metric)
    VALUES(coalesce(NEW.component, ''), NEW.metric)
    ON CONFLICT(component, metric) DO NOTHING;
  DELETE FROM hf_metric_samples
    WHERE ts = OLD.ts AND id = (SELECT id FROM hf_metric_names
      WHERE component = OLD.component AND metric = OLD.metric);
  INSERT INTO hf_metric_samples(id, ts, value)
    SELECT id, NEW.ts, nullif(NEW.value, '')
    FROM hf_metric_names
    WHERE component = coalesce(NEW.component, '') AND metric = NEW.metric
    ON CONFLICT(id, ts) DO UPDATE SET value = excluded.value;
END;

CREATE TRIGGER IF NOT EXISTS hf_metrics_delete
INSTEAD OF DELETE ON hf_metrics BEGIN
  DELETE FROM hf_metric_samples
    WHERE ts = OLD.ts AND id = (SELECT id FROM hf_metric_names
      WHERE component = OLD.component AND metric = OLD.metric);
END;

-- What hf_prune() keeps of samples whose raw rows went: one row an hour
-- (step 3600) and one a day (step 86400, of UTC). A sample is either a raw row
-- or in the buckets, never both. series is what the `series` argument of an
-- answer takes: hf_resource_metrics.cpu_percent, hf_metrics.requests.
CREATE TABLE IF NOT EXISTS hf_rollup_names(
  id INTEGER PRIMARY KEY,
  series TEXT NOT NULL
    CONSTRAINT "series must not be empty" CHECK(series <> ''),
  component TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL DEFAULT 'gauge'
    CONSTRAINT "kind must be gauge, delta, counter, quantile or state"
    CHECK(kind = 'gauge' OR kind = 'delta' OR kind = 'counter'
      OR kind = 'quantile' OR kind = 'state'),
  UNIQUE(series, component)
);

-- sum: of gauges and deltas only; a percentile is never averaged, its max is
-- what a bucket tells. first_ .. last_value: of counters and states. increase:
-- of a counter from first_value to last_value, resets counted; from one bucket
-- to the next add first_value - last_value, or first_value after a reset.
CREATE TABLE IF NOT EXISTS hf_rollups(
  id INTEGER NOT NULL,
  step INTEGER NOT NULL
    CONSTRAINT "step must be 3600 or 86400" CHECK(step = 3600 OR step = 86400),
  ts INTEGER NOT NULL
    CONSTRAINT "ts must be unix seconds, a multiple of step"
    CHECK(ts BETWEEN -1e11 - 86400 AND 1e11 AND ts % step = 0),
  n INTEGER NOT NULL
    CONSTRAINT "n must be 1..1e15" CHECK(n BETWEEN 1 AND 1e15),
  sum REAL
    CONSTRAINT "sum must be within 1e115"
    CHECK(sum BETWEEN -1e115 AND 1e115),
  min REAL
    CONSTRAINT "min must be within 1e100" CHECK(min BETWEEN -1e100 AND 1e100),
  max REAL
    CONSTRAINT "max must be min..1e100" CHECK(max BETWEEN min AND 1e100),
  first_ts NUMERIC,
  first_value REAL,
  last_ts NUMERIC
    CONSTRAINT "last_ts must not be before first_ts" CHECK(last_ts >= first_ts),
  last_value REAL,
  increase REAL
    CONSTRAINT "increase must not be negative" CHECK(increase >= 0),
  PRIMARY KEY(id, step, ts)
) WITHOUT ROWID;

CREATE VIEW IF NOT EXISTS hf_rollup_hourly AS
  SELECT m.series, m.component, m.kind, r.ts, r.n, r.sum, r.min, r.max,
    r.sum / r.n AS mean, r.first_ts, r.first_value, r.last_ts, r.last_value,
    r.increase
  FROM hf_rollup_names AS m JOIN hf_rollups AS r
    ON r.id = m.id AND r.step = 3600;

CREATE VIEW IF NOT EXISTS hf_rollup_daily AS
  SELECT m.series, m.component, m.kind, r.ts, r.n, r.sum, r.min, r.max,
    r.sum / r.n AS mean, r.first_ts, r.first_value, r.last_ts, r.last_value,
    r.increase
  FROM hf_rollup_names AS m JOIN hf_rollups AS r
    ON r.id = m.id AND r.step = 86400;

-- One row an execution; two in the same second are two rows.
CREATE TABLE IF NOT EXISTS hf_query_history(
  query_id TEXT NOT NULL,
  ts NUMERIC NOT NULL DEFAULT (CAST(strftime('%s','now') AS INTEGER))
    CONSTRAINT "ts must be unix seconds" CHECK(ts BETWEEN -1e11 AND 1e11),
  rows NUMERIC
    CONSTRAINT "rows must be 0..1e15" CHECK(rows BETWEEN 0 AND 1e15),
  bytes_scanned NUMERIC
    CONSTRAINT "bytes_scanned must be 0..1e18"
    CHECK(bytes_scanned BETWEEN 0 AND 1e18),
  execution_time_ms REAL
    CONSTRAINT "execution_time_ms must be 0..1e12"
    CHECK(execution_time_ms BETWEEN 0 AND 1e12),
  param_hash INTEGER,
  plan_hash INTEGER,
  workers REAL
    CONSTRAINT "workers must be 0..1e9" CHECK(workers BETWEEN 0 AND 1e9),
  memory_peak_mb REAL
    CONSTRAINT "memory_peak_mb must be 0..1e12"
    CHECK(memory_peak_mb BETWEEN 0 AND 1e12),
  vm_steps NUMERIC
    CONSTRAINT "vm_steps must be 0..1e15" CHECK(vm_steps BETWEEN 0 AND 1e15),
  full_scan_steps NUMERIC
    CONSTRAINT "full_scan_steps must be 0..1e15"
    CHECK(full_scan_steps BETWEEN 0 AND 1e15),
  auto_index_rows NUMERIC
    CONSTRAINT "auto_index_rows must be 0..1e15"
    CHECK(auto_index_rows BETWEEN 0 AND 1e15),
  sorts NUMERIC
    CONSTRAINT "sorts must be 0..1e15" CHECK(sorts BETWEEN 0 AND 1e15),
  cache_misses NUMERIC
    CONSTRAINT "cache_misses must be 0..1e15"
    CHECK(cache_misses BETWEEN 0 AND 1e15)
);
CREATE INDEX IF NOT EXISTS hf_query_history_query
  ON hf_query_history(query_id, ts);
CREATE INDEX IF NOT EXISTS hf_query_history_time ON hf_query_history(ts);

-- What hf_capture() has seen: a query_id is the hash of the statement without
-- its literals (sql), a plan_hash that of the plan SQLite made for it (plan, a
-- line a step; NULL: it has no steps) and of the definitions of the tables and
-- indexes it touches (0: neither). The literals themselves are not kept.
CREATE TABLE IF NOT EXISTS hf_queries(
  query_id TEXT NOT NULL,
  plan_hash INTEGER NOT NULL DEFAULT 0,
  first_ts NUMERIC NOT NULL DEFAULT (CAST(strftime('%s','now') AS INTEGER))
    CONSTRAINT "first_ts must be unix seconds"
    CHECK(first_ts BETWEEN -1e11 AND 1e11),
  sql TEXT,
  plan TEXT,
  PRIMARY KEY(query_id, plan_hash)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hf_cache_stats(
  pool TEXT NOT NULL,
  ts NUMERIC NOT NULL DEFAULT (CAST(strftime('%s','now') AS INTEGER))
    CONSTRAINT "ts must be unix seconds" CHECK(ts BETWEEN -1e11 AND 1e11),
  size_mb REAL
    CONSTRAINT "size_mb must be 0..1e12" CHECK(size_mb BETWEEN 0 AND 1e12),
  hits REAL
    CONSTRAINT "hits must be 0..1e15" CHECK(hits BETWEEN 0 AND 1e15),
  misses REAL
    CONSTRAINT "misses must be 0..1e15" CHECK(misses BETWEEN 0 AND 1e15),
  miss_cost_ms REAL
    CONSTRAINT "miss_cost_ms must be 0..1e9"
    CHECK(miss_cost_ms BETWEEN 0 AND 1e9),
  item_mb REAL DEFAULT 1
    CONSTRAINT "item_mb must be 1e-9..1e9" CHECK(item_mb BETWEEN 1e-9 AND 1e9),
  PRIMARY KEY(pool, ts) ON CONFLICT REPLACE
) WITHOUT ROWID;

-- What hf_apply() has changed on a connection, and what came of it. before_value
-- and after_value as PRAGMA cache_size takes them (pages, or negative KiB);
-- cost_*: pages read into a full cache, a page fetched.
CREATE TABLE IF NOT EXISTS hf_applied(
  id INTEGER PRIMARY KEY,
  ts NUMERIC NOT NULL DEFAULT (CAST(strftime('%s','now') AS INTEGER))
    CONSTRAINT "ts must be unix seconds" CHECK(ts BETWEEN -1e11 AND 1e11),
  connection REAL,
  setting TEXT NOT NULL,
  before_value NUMERIC,
  after_value NUMERIC,
  expected_gain REAL
    CONSTRAINT "expected_gain must be 0..1" CHECK(expected_gain BETWEEN 0 AND 1),
  cost_before REAL,
  cost_forecast REAL,
  cost_after REAL,
  state TEXT NOT NULL,
  decided_ts NUMERIC,
  reason TEXT
);

CREATE TABLE IF NOT EXISTS hf_cache_accesses(
  pool TEXT NOT NULL,
  seq INTEGER NOT NULL,
  item,
  PRIMARY KEY(pool, seq) ON CONFLICT REPLACE
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hf_components(
  component TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL DEFAULT '',
  commissioned_ts NUMERIC
    CONSTRAINT "commissioned_ts must be unix seconds"
    CHECK(commissioned_ts BETWEEN -1e11 AND 1e11),
  retired_ts NUMERIC
    CONSTRAINT "retired_ts must be unix seconds"
    CHECK(retired_ts BETWEEN -1e11 AND 1e11)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hf_failures(
  component TEXT NOT NULL,
  ts NUMERIC NOT NULL DEFAULT (CAST(strftime('%s','now') AS INTEGER))
    CONSTRAINT "ts must be unix seconds" CHECK(ts BETWEEN -1e11 AND 1e11),
  kind TEXT,
  note TEXT,
  PRIMARY KEY(component, ts) ON CONFLICT REPLACE
) WITHOUT ROWID;

-- kind '': for components of every kind. critical above warning: rising is
-- bad; below: falling is bad.
CREATE TABLE IF NOT EXISTS hf_thresholds(
  metric TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT '',
  warning REAL
    CONSTRAINT "warning must be within 1e100"
    CHECK(warning BETWEEN -1e100 AND 1e100),
  critical REAL
    CONSTRAINT "critical must be within 1e100"
    CHECK(critical BETWEEN -1e100 AND 1e100),
  PRIMARY KEY(metric, kind) ON CONFLICT REPLACE
) WITHOUT ROWID;

-- Work done; and windows of work: an action that begins with "planned" or
-- "started" opens one, which lasts until the time behind "until" in action or
-- note, or until a row "finished" or "cancelled". Component '*' means all.
CREATE TABLE IF NOT EXISTS hf_maintenance_log(
  component TEXT NOT NULL,
  ts NUMERIC NOT NULL DEFAULT (CAST(strftime('%s','now') AS INTEGER))
    CONSTRAINT "ts must be unix seconds" CHECK(ts BETWEEN -1e11 AND 1e11),
  action TEXT NOT NULL DEFAULT '',
  note TEXT,
  PRIMARY KEY(component, ts, action) ON CONFLICT REPLACE
) WITHOUT ROWID;

-- What hf_learn() keeps of the failures of each kind of component, so that
-- hf_predict_failures() need not learn again. Plain numbers: whoever reads them
-- trusts none. as_of_ts: the newest row of the history that was seen;
-- failures_mark, components_mark: fingerprints of the rows of hf_failures and
-- hf_components it rests on.
CREATE TABLE IF NOT EXISTS hf_learned(
  kind TEXT NOT NULL PRIMARY KEY,
  method TEXT NOT NULL
    CONSTRAINT "method must be wear, hazard or none"
    CHECK(method = 'wear' OR method = 'hazard' OR method = 'none'),
  version INTEGER NOT NULL
    CONSTRAINT "version must be 1..1e6" CHECK(version BETWEEN 1 AND 1e6),
  as_of_ts NUMERIC NOT NULL
    CONSTRAINT "as_of_ts must be unix seconds"
    CHECK(as_of_ts BETWEEN -1e11 AND 1e11),
  failures INTEGER NOT NULL
    CONSTRAINT "failures must be 0..1e12" CHECK(failures BETWEEN 0 AND 1e12),
  lives INTEGER NOT NULL
    CONSTRAINT "lives must be 0..1e6" CHECK(lives BETWEEN 0 AND 1e6),
  components INTEGER NOT NULL
    CONSTRAINT "components must be 0..1e12"
    CHECK(components BETWEEN 0 AND 1e12),
  component_hours REAL NOT NULL
    CONSTRAINT "component_hours must be 0..1e18"
    CHECK(component_hours BETWEEN 0 AND 1e18),
  failures_mark INTEGER NOT NULL,
  components_mark INTEGER NOT NULL,
  learned_ts NUMERIC NOT NULL DEFAULT (CAST(strftime('%s','now') AS INTEGER))
    CONSTRAINT "learned_ts must be unix seconds"
    CHECK(learned_ts BETWEEN -1e11 AND 1e11)
) WITHOUT ROWID;

-- The lives that ended in a failure and were learned from, with the newest
-- sample before it and a fingerprint of that sample.
CREATE TABLE IF NOT EXISTS hf_learned_lives(
  kind TEXT NOT NULL,
  component TEXT NOT NULL,
  failed_ts NUMERIC NOT NULL
    CONSTRAINT "failed_ts must be unix seconds"
    CHECK(failed_ts BETWEEN -1e11 AND 1e11),
  newest_ts NUMERIC
    CONSTRAINT "newest_ts must be unix seconds, not after failed_ts"
    CHECK(newest_ts BETWEEN -1e11 AND failed_ts),
  newest_mark INTEGER NOT NULL,
  PRIMARY KEY(kind, failed_ts, component)
) WITHOUT ROWID;

-- The metrics it looks at, in the order of the numbers below.
CREATE TABLE IF NOT EXISTS hf_learned_metrics(
  kind TEXT NOT NULL,
  position INTEGER NOT NULL
    CONSTRAINT "position must be 0..999" CHECK(position BETWEEN 0 AND 999),
  metric TEXT NOT NULL,
  PRIMARY KEY(kind, position)
) WITHOUT ROWID;

-- How each component in service began: its first sample of a metric, and the
-- mean of its first ten values in the unit of what was learned (that of the
-- metric, or standard deviations within its regime); NULL: a setting. So
-- hf_prune() may take them.
CREATE TABLE IF NOT EXISTS hf_learned_starts(
  component TEXT NOT NULL,
  metric TEXT NOT NULL,
  first_ts NUMERIC NOT NULL
    CONSTRAINT "first_ts must be unix seconds"
    CHECK(first_ts BETWEEN -1e11 AND 1e11),
  start REAL
    CONSTRAINT "start must be within 1e300"
    CHECK(start BETWEEN -1e300 AND 1e300),
  PRIMARY KEY(component, metric)
) WITHOUT ROWID;

-- The numbers: hazard.* the weights of the hazard, tree.* the boosted trees,
-- row.* the lives that Kaplan-Meier counts, regime.* the operating regimes.
CREATE TABLE IF NOT EXISTS hf_learned_values(
  kind TEXT NOT NULL,
  part TEXT NOT NULL,
  position INTEGER NOT NULL
    CONSTRAINT "position must be 0..999999" CHECK(position BETWEEN 0 AND 999999),
  value REAL NOT NULL
    CONSTRAINT "value must be within 1e300"
    CHECK(value BETWEEN -1e300 AND 1e300),
  PRIMARY KEY(kind, part, position)
) WITHOUT ROWID;

-- Cost. Money is in the billing currency. A month is 730 hours.

-- Billing rows with FinOps FOCUS 1.2 column names. No primary key: FOCUS has
-- none, and taxes and purchases lack a ResourceId. Credits and corrections are
-- negative, so no sign is checked.
CREATE TABLE IF NOT EXISTS hf_costs(
  BillingPeriodStart INTEGER,
  BillingPeriodEnd INTEGER,
  ChargePeriodStart INTEGER NOT NULL
    CONSTRAINT "ChargePeriodStart must be unix seconds"
    CHECK(ChargePeriodStart BETWEEN -1e11 AND 1e11),
  ChargePeriodEnd INTEGER NOT NULL
    CONSTRAINT "ChargePeriodEnd must not be before ChargePeriodStart"
    CHECK(ChargePeriodEnd BETWEEN ChargePeriodStart AND 1e11),
  ChargeCategory TEXT NOT NULL DEFAULT 'Usage'
    CONSTRAINT "ChargeCategory must be one of FOCUS 1.2"
    CHECK(ChargeCategory IN
      ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment')),
  ChargeClass TEXT,
  ChargeDescription TEXT,
  ServiceCategory TEXT,
  ServiceName TEXT,
  RegionId TEXT,
  ResourceId TEXT,
  SkuId TEXT,
  PricingCategory TEXT
    CONSTRAINT "PricingCategory must be one of FOCUS 1.2"
    CHECK(PricingCategory IN ('Standard', 'Dynamic', 'Committed', 'Other')),
  PricingQuantity REAL,
  PricingUnit TEXT,
  ConsumedQuantity REAL,
  ConsumedUnit TEXT,
  ListCost REAL,
  ContractedCost REAL,
  EffectiveCost REAL NOT NULL
    CONSTRAINT "EffectiveCost must be within 1e15"
    CHECK(EffectiveCost BETWEEN -1e15 AND 1e15),
  BilledCost REAL NOT NULL
    CONSTRAINT "BilledCost must be within 1e15"
    CHECK(BilledCost BETWEEN -1e15 AND 1e15),
  BillingCurrency TEXT NOT NULL DEFAULT 'USD',
  CommitmentDiscountId TEXT,
  CommitmentDiscountStatus TEXT
    CONSTRAINT "CommitmentDiscountStatus must be Used or Unused"
    CHECK(CommitmentDiscountStatus IN ('Used', 'Unused')),
  Tags TEXT,
  x_Service TEXT
);
CREATE INDEX IF NOT EXISTS hf_costs_period
  ON hf_costs(ChargePeriodStart, x_Service);

-- One row a commitment. A closed purchase has difference 0.
CREATE VIEW IF NOT EXISTS hf_commitments AS
SELECT CommitmentDiscountId,
  coalesce(sum(BilledCost) FILTER(WHERE ChargeCategory = 'Purchase'), 0)
    AS purchased,
  coalesce(sum(EffectiveCost) FILTER(WHERE ChargeCategory = 'Usage'
    AND CommitmentDiscountStatus = 'Used'), 0) AS used,
  coalesce(sum(EffectiveCost) FILTER(WHERE ChargeCategory = 'Usage'
    AND CommitmentDiscountStatus = 'Unused'), 0) AS unused,
  coalesce(sum(BilledCost) FILTER(WHERE ChargeCategory = 'Purchase'), 0)
    - coalesce(sum(EffectiveCost) FILTER(WHERE ChargeCategory = 'Usage'), 0)
    AS difference,
  sum(EffectiveCost) FILTER(WHERE ChargeCategory = 'Usage'
      AND CommitmentDiscountStatus = 'Used')
    / nullif(sum(EffectiveCost) FILTER(WHERE ChargeCategory = 'Usage'), 0)
    AS utilization
FROM hf_costs WHERE CommitmentDiscountId IS NOT NULL GROUP BY 1;

-- What runs, as it is set today. web and db: the SLA binds every hour; batch:
-- only throughput binds; dev: must be up when there is demand. autoscaled 1:
-- workers = max(min_workers, ceil(demand_mean / (capacity *
-- target_utilization))) each hour; 0: fixed.
CREATE TABLE IF NOT EXISTS hf_services(
  service TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL DEFAULT 'web'
    CONSTRAINT "kind must be web, batch, dev or db"
    CHECK(kind IN ('web', 'batch', 'dev', 'db')),
  sku_id TEXT NOT NULL,
  region_id TEXT NOT NULL DEFAULT '',
  autoscaled INTEGER NOT NULL DEFAULT 0
    CONSTRAINT "autoscaled must be 0 or 1" CHECK(autoscaled IN (0, 1)),
  target_utilization REAL
    CONSTRAINT "target_utilization must be above 0 and at most 1"
    CHECK(target_utilization BETWEEN 1e-9 AND 1),
  min_workers INTEGER NOT NULL DEFAULT 2
    CONSTRAINT "min_workers must be 0..1e9" CHECK(min_workers BETWEEN 0 AND 1e9),
  can_stop INTEGER NOT NULL DEFAULT 0
    CONSTRAINT "can_stop must be 0 or 1" CHECK(can_stop IN (0, 1)),
  can_resize INTEGER NOT NULL DEFAULT 1
    CONSTRAINT "can_resize must be 0 or 1" CHECK(can_resize IN (0, 1)),
  spot_share_max REAL NOT NULL DEFAULT 0
    CONSTRAINT "spot_share_max must be 0..1"
    CHECK(spot_share_max BETWEEN 0 AND 1),
  sla_ms REAL
    CONSTRAINT "sla_ms must be 0..1e12" CHECK(sla_ms BETWEEN 0 AND 1e12)
);

-- Demand and latency of a service, one row an hour (ts = start of the hour).
-- demand in any unit of work; demand_max: the busiest 5 minutes.
CREATE TABLE IF NOT EXISTS hf_service_load(
  service TEXT NOT NULL,
  ts INTEGER NOT NULL
    CONSTRAINT "ts must be unix seconds" CHECK(ts BETWEEN -1e11 AND 1e11),
  demand_mean REAL NOT NULL
    CONSTRAINT "demand_mean must be 0..1e15"
    CHECK(demand_mean BETWEEN 0 AND 1e15),
  demand_max REAL
    CONSTRAINT "demand_max must be 0..1e15" CHECK(demand_max BETWEEN 0 AND 1e15),
  workers REAL NOT NULL
    CONSTRAINT "workers must be 0..1e9" CHECK(workers BETWEEN 0 AND 1e9),
  utilization REAL
    CONSTRAINT "utilization must be 0..1e3" CHECK(utilization BETWEEN 0 AND 1e3),
  p95_ms REAL
    CONSTRAINT "p95_ms must be above 0" CHECK(p95_ms BETWEEN 1e-9 AND 1e12),
  PRIMARY KEY(service, ts) ON CONFLICT REPLACE
) WITHOUT ROWID;

-- The price of each choice, valid from ts on; older rows are the history of
-- prices. speed: work an hour of one machine, only ratios matter.
CREATE TABLE IF NOT EXISTS hf_prices(
  sku_id TEXT NOT NULL,
  region_id TEXT NOT NULL DEFAULT '',
  ts INTEGER NOT NULL DEFAULT 0
    CONSTRAINT "ts must be unix seconds" CHECK(ts BETWEEN -1e11 AND 1e11),
  vcpu REAL NOT NULL
    CONSTRAINT "vcpu must be above 0" CHECK(vcpu BETWEEN 1e-9 AND 1e9),
  memory_gb REAL,
  speed REAL NOT NULL DEFAULT 1
    CONSTRAINT "speed must be above 0" CHECK(speed BETWEEN 1e-9 AND 1e9),
  on_demand_per_hour REAL NOT NULL
    CONSTRAINT "on_demand_per_hour must be 0..1e9"
    CHECK(on_demand_per_hour BETWEEN 0 AND 1e9),
  spot_per_hour REAL
    CONSTRAINT "spot_per_hour must be 0..1e9"
    CHECK(spot_per_hour BETWEEN 0 AND 1e9),
  commit_1y_per_hour REAL
    CONSTRAINT "commit_1y_per_hour must be 0..1e9"
    CHECK(commit_1y_per_hour BETWEEN 0 AND 1e9),
  commit_3y_per_hour REAL
    CONSTRAINT "commit_3y_per_hour must be 0..1e9"
    CHECK(commit_3y_per_hour BETWEEN 0 AND 1e9),
  interruptions_per_month REAL
    CONSTRAINT "interruptions_per_month must be 0..1e6"
    CHECK(interruptions_per_month BETWEEN 0 AND 1e6),
  PRIMARY KEY(sku_id, region_id, ts) ON CONFLICT REPLACE
) WITHOUT ROWID;

-- Settings. What a person has set stays.
INSERT INTO hf_config(key, value, unit, description) VALUES
  ('schema_version', 1, NULL, 'of these tables; hf_init() migrates'),
  ('total_memory_mb', NULL, 'MB',
    'what hf_optimize_memory may split; NULL: newest total of hf_memory_stats'),
  ('min_cache_mb', 64, 'MB', 'least the cache pool may get'),
  ('min_buffer_mb', 64, 'MB', 'least the buffer pool may get'),
  ('min_application_mb', 64, 'MB', 'least the application may get'),
  ('min_workers', 1, 'workers', 'least hf_allocate_workers may answer'),
  ('max_workers', 64, 'workers', 'most hf_allocate_workers may answer'),
  ('tuning_interval_seconds', 30, 's', 'least time between two changes'),
  ('collect_interval_seconds', 10, 's', 'least time between two collections'),
  ('max_page_cache_mb', NULL, 'MB',
    'hf_apply() gives SQLite''s page cache at most; NULL: as memory allows'),
  ('sla_wait_ms', 1000, 'ms', 'a task should not wait longer'),
  ('sla_violation_target', 0.05, 'share', 'of tasks that may wait longer'),
  ('task_ms', 500, 'ms', 'time of a worker for one task'),
  ('worker_start_seconds', 90, 's', 'until a new worker serves'),
  ('cache_sample_rate', 1, 'share',
    'of items whose accesses hf_cache_accesses holds'),
  ('capture_rows', 4096, 'rows',
    'hf_capture() holds in memory; the oldest go first'),
  ('keep_days', 90, 'days',
    'hf_prune() keeps raw samples so long, hourly and daily rollups for good'),
  ('keep_detail_days', NULL, 'days',
    'hf_prune() keeps hf_query_history and hf_cache_stats; NULL: for good'),
  ('utc_offset_seconds', 0, 's', 'where the day begins'),
  ('percent_warning', NULL, '%',
    'hf_health warns here where hf_thresholds says nothing of a percentage; '
    || 'NULL: it is judged by its own past'),
  ('maintenance_hours', 8, 'h', 'hf_maintenance_log: how long planned work '
    || 'without an end lasts, and how long work done gets to show'),
  ('seed', 1, NULL, 'of every search; the same seed, the same answer'),
  ('now', NULL, 's', 'unix time that answers take for now; NULL: newest row'),
  ('max_rows_read', 10000000, 'rows', 'a call reads at most'),
  ('max_seconds', 60, 's', 'a call takes at most'),
  ('max_memory_mb', 1024, 'MB', 'a call takes at most')
ON CONFLICT(key) DO NOTHING;
