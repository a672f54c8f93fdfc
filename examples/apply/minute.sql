-- A minute of the application of run.sql, and its sample at the end.
.output /dev/null
SELECT note FROM orders WHERE id = 17;
SELECT note FROM orders WHERE id = 4711;
SELECT note FROM orders WHERE id = 19999;
SELECT count(*) FROM orders WHERE customer = 7;
UPDATE hf_cache_stats SET ts = ts - 60;
UPDATE hf_metric_samples SET ts = ts - 60;
UPDATE hf_applied SET ts = ts - 60;
SELECT hf_collect('app');
.output
