-- What the queries of an application cost, and why. hf_capture('on') watches
-- this connection, in place of any trace that the application has set.

CREATE TABLE orders(id INTEGER PRIMARY KEY, customer, total);
WITH RECURSIVE t(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM t WHERE k < 20000)
INSERT INTO orders SELECT k, k * 7919 % 500, k % 97 FROM t;
CREATE TABLE customers(customer, city);
INSERT INTO customers SELECT DISTINCT customer, 'city ' || customer % 9 FROM orders;

SELECT hf_init();
SELECT hf_capture('on') ->> 'note' AS note;

-- The application works.
SELECT total FROM orders WHERE id = 17;
SELECT total FROM orders WHERE id = 18;
SELECT count(*) FROM orders WHERE customer = 'none';
SELECT count(*) FROM orders WHERE customer = 3;
SELECT city, sum(total) FROM orders JOIN customers USING (customer)
  WHERE total > 95 GROUP BY city ORDER BY 2 DESC LIMIT 1;

-- Nothing is written until it is flushed.
SELECT count(*) AS before FROM hf_query_history;
SELECT hf_capture('flush') ->> 'written' AS written;
SELECT hf_capture('off') ->> 'status' AS now;

-- What scans, what sorts, what had to make an index of its own. The text is
-- without its literals; two orders looked up are one query.
.mode line
SELECT sql, count(*) AS runs, sum(rows) AS rows,
  sum(full_scan_steps) AS scanned, sum(auto_index_rows) > 0 AS made_an_index,
  sum(sorts) AS sorts, max(execution_time_ms) > 0 AS timed, plan
FROM hf_query_history JOIN hf_queries USING (query_id, plan_hash)
GROUP BY query_id, plan_hash ORDER BY scanned, sql;
