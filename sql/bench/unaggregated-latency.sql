-- latency asked of the payments themselves: $1 merchant or null, $2 to $3 days.
select
  count(*) as payments, avg(authorized_to_complete_ms) as mean_ms, max(authorized_to_complete_ms) as max_ms,
  percentile_disc(array[0.5, 0.95, 0.99]) within group (order by authorized_to_complete_ms) as percentiles
from curated_payments
where dt between $2 and $3 and ($1::text is null or merchant_id = $1) and authorized_to_complete_ms >= 0;
