-- The page cache of SQLite, tuned while the application works. hf_apply() sets
-- cache_size on this connection and nothing else; a timer calls hf_collect()
-- and hf_apply() in turn. Indexes it leaves to you: hf_tune() says which.

-- A database of 6 MB. ('' is a file of SQLite's own that goes at the end; name
-- yours here, or open it as main and leave 'app' out below.)
ATTACH '' AS app;
SELECT hf_init('app');
CREATE TABLE app.orders(id INTEGER PRIMARY KEY, customer, note);
WITH RECURSIVE t(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM t WHERE k < 20000)
INSERT INTO orders SELECT k, k * 7919 % 500, printf('%0270d', k) FROM t;

-- So that this takes no hour and prints the same on every machine: collections
-- at any time, and a bound of our own in the place of the memory free here.
UPDATE app.hf_config SET value = 0
  WHERE key IN ('collect_interval_seconds', 'tuning_interval_seconds');
UPDATE app.hf_config SET value = 16 WHERE key = 'max_page_cache_mb';
CREATE TEMP TRIGGER free_memory AFTER INSERT ON app.hf_memory_stats
  BEGIN UPDATE hf_memory_stats SET used_mb = NULL, available_mb = NULL,
    cache_mb = NULL, buffer_mb = NULL; END;
CREATE TEMP TRIGGER nobody_waits AFTER INSERT ON app.hf_metric_samples
  WHEN NEW.id = (SELECT id FROM hf_metric_names
    WHERE metric = 'memory_stall_seconds_total')
  BEGIN DELETE FROM hf_metric_samples WHERE id = NEW.id; END;

-- The application works: minute.sql is a minute of it. Three tell enough, after
-- one that filled the cache.
SELECT hf_capture('on', 'app') ->> 'status' AS capture;
.read examples/apply/minute.sql
SELECT hf_apply('dry-run', 'app') ->> 'reason' AS reason;
.read examples/apply/minute.sql
.read examples/apply/minute.sql
.read examples/apply/minute.sql

-- What hf_tune() has to say about it, and what hf_apply() would do.
SELECT setting, current, recommended, unit, expected_gain, detail
FROM hf_tune WHERE schema = 'app' AND setting = 'cache_size';
SELECT json_extract(hf_apply('dry-run', 'app'), '$.status', '$.after') AS would;
PRAGMA app.cache_size;

-- It does it, and watches what comes of it: five collections are enough.
SELECT hf_apply(NULL, 'app') ->> 'status' AS done;
PRAGMA app.cache_size;
.read examples/apply/minute.sql
.read examples/apply/minute.sql
.read examples/apply/minute.sql
SELECT json_extract(hf_apply(NULL, 'app'), '$.status', '$.reason')
  LIKE '["watching","_ of at least 5 collections since%' AS waits;
.read examples/apply/minute.sql
.read examples/apply/minute.sql
.read examples/apply/minute.sql
SELECT hf_apply(NULL, 'app') ->> 'status' AS verdict;
SELECT before_value, after_value, expected_gain, cost_before > 0.9 AS missed,
  cost_forecast, cost_after, state
FROM hf_applied;

-- It saved the misses. An index would save the scans: that is for a person.
-- hf_collect() has written what was captured.
SELECT hf_capture('off', 'app') ->> 'status' AS capture;
SELECT count(*) > 40 AS written FROM app.hf_query_history;
SELECT setting, detail, expected_gain > 0 AS gains
FROM hf_tune WHERE schema = 'app' AND setting LIKE 'index on%';

-- And back to what was before the first change.
SELECT hf_apply('status', 'app') ->> 'status' AS status;
SELECT hf_apply('undo', 'app') ->> 'status' AS undo;
PRAGMA app.cache_size;
