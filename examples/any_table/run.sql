-- Any table is a source: nothing has to be copied into the history, and no
-- hf_init() is needed.

CREATE TABLE "sensor log"("when" TEXT, city TEXT, "temp °C" REAL);
WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t WHERE k < 239),
  c(city, base, r) AS (VALUES ('Oslo', 4, 1), ('Rome', 14, 3))
INSERT INTO "sensor log"
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 1772323200 + 3600 * k, 'unixepoch'), city,
  base + 5 - abs(k % 24 - 12) * .8 + (k * 7919 + r) % 101 / 101.0
FROM t, c;

-- A table by name, one answer a city. Times may be text.
SELECT component AS city, step, datetime(ts, 'unixepoch') AS time,
  round(yhat) AS yhat
FROM hf_forecast(180, hf_source('sensor log', 'when', 'temp °C', 'city'))
ORDER BY city, step;

-- One city only.
SELECT count(*) AS rows
FROM hf_forecast(180, hf_source('sensor log', 'when', 'temp °C', 'city'))
WHERE component = 'Rome';

-- Any query: WHERE, joins and GROUP BY compose.
SELECT city, hf_pattern(hf_series("when", "temp °C")) AS pattern
FROM "sensor log" GROUP BY city;

SELECT count(*) AS rows, round(max(yhat)) AS warmest
FROM hf_forecast(1440, (SELECT hf_series("when", "temp °C") FROM "sensor log"
  WHERE city = 'Oslo' AND "when" < '2026-03-08'));
