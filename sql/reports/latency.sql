-- How many payments of the days were completed how long after they were authorised? $4: a payment method, or the empty text for all.
select
  coalesce(sum(payments), 0)::bigint as payments,
  coalesce(sum(sum_ms), 0)::text as sum_ms,
  coalesce(sum(skewed), 0)::bigint as skewed,
  (
    select max(max_ms)
    from rollups.longest
    where merchant_id = $1 and dt between $2 and $3 and payment_method = $4
  ) as max_ms
from rollups.latency
where merchant_id = $1 and dt between $2 and $3 and payment_method = $4;
