-- How many payments of the days were completed how long after they were authorised, and how many in each bucket of durations, ascending?
-- $4: a payment method, or the empty text for all. The buckets as two arrays: as rows, hundreds of them, they took longer to be sent and read than to be counted.
with days as materialized (
  select payments, sum_ms, skewed, buckets, counts
  from rollups.latency
  where merchant_id = $1 and dt between $2 and $3 and payment_method = $4
), histogram as (
  select kept.bucket, sum(kept.count)::bigint as count
  from days
  cross join lateral unnest(buckets, counts) as kept (bucket, count)
  group by kept.bucket
)
select
  coalesce(sum(payments), 0)::bigint as payments,
  coalesce(sum(sum_ms), 0)::text as sum_ms,
  coalesce(sum(skewed), 0)::bigint as skewed,
  (
    select max(max_ms)
    from rollups.longest
    where merchant_id = $1 and dt between $2 and $3 and payment_method = $4
  ) as max_ms,
  coalesce((select array_agg(bucket order by bucket) from histogram), '{}') as buckets,
  coalesce((select array_agg(count order by bucket) from histogram), '{}') as counts
from days;
