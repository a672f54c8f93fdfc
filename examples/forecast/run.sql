-- The forecast of the next hours beside the same hours a week ago.

SELECT hf_init();
.read examples/history.sql
.mode box

WITH f AS MATERIALIZED (SELECT * FROM hf_forecast(480, 'requests_per_minute'))
SELECT strftime('%w %H:%M', f.ts, 'unixepoch') AS time,
  CAST(round(h.value, -1) AS INTEGER) AS last_week,
  CAST(round(f.yhat / 10) * 10 AS INTEGER) AS forecast,
  f.yhat > h.value AS more
FROM f JOIN hf_metrics AS h ON h.component = 'shop'
  AND h.metric = 'requests_per_minute' AND h.ts = f.ts - 7 * 86400
WHERE f.ts % 3600 = 0 ORDER BY f.ts;

-- How good would such forecasts have been?
SELECT count(*) > 0 AS tried,
  round(avg(actual BETWEEN lo80 AND hi80), 1) AS "inside the 80 %"
FROM hf_backtest(480, 'requests_per_minute');
