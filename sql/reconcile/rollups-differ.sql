-- In which cells are the roll-ups of day $1 (null: of every day) not what its payments add up to? At most $2, and how many there are.
-- Deliberately without the functions that keep them, but for the bucket of a duration. Numbers are texts: JSON's would be cut.
with of_merchants as (
  select merchant_id, dt, currency, status, count(*) as payments, sum(amount_cents) as amount_cents
  from curated_payments
  where $1::date is null or dt = $1
  group by merchant_id, dt, currency, status
), totals as (
  select m.merchant_id, dt, currency, status, sum(payments)::bigint as payments, sum(amount_cents) as amount_cents
  from of_merchants o
  cross join lateral (values (o.merchant_id), ('*')) as m (merchant_id)
  group by m.merchant_id, dt, currency, status
), declined as (
  select merchant_id, dt, coalesce(decline_reason, 'unknown') as decline_reason, currency, count(*) as payments, sum(amount_cents) as amount_cents
  from curated_payments
  where status = 'DECLINED' and ($1::date is null or dt = $1)
  group by merchant_id, dt, coalesce(decline_reason, 'unknown'), currency
), declines as (
  select m.merchant_id, dt, decline_reason, currency, sum(payments)::bigint as payments, sum(amount_cents) as amount_cents
  from declined d
  cross join lateral (values (d.merchant_id), ('*')) as m (merchant_id)
  group by m.merchant_id, dt, decline_reason, currency
), durations as (
  -- No bucket: of a negative one.
  select
    merchant_id, dt, coalesce(payment_method, 'unknown') as payment_method,
    case when authorized_to_complete_ms >= 0 then rollups.latency_bucket(authorized_to_complete_ms) end as bucket,
    count(*) as n, sum(authorized_to_complete_ms) as sum_ms, max(authorized_to_complete_ms) as max_ms
  from curated_payments
  where authorized_to_complete_ms is not null and ($1::date is null or dt = $1)
  group by merchant_id, dt, coalesce(payment_method, 'unknown'), case when authorized_to_complete_ms >= 0 then rollups.latency_bucket(authorized_to_complete_ms) end
), timed as materialized (
  select m.merchant_id, dt, p.payment_method, bucket, sum(n)::bigint as n, sum(sum_ms) as sum_ms, max(max_ms) as max_ms
  from durations d
  cross join lateral (values (d.merchant_id), ('*')) as m (merchant_id)
  cross join lateral (values (d.payment_method), ('')) as p (payment_method)
  group by m.merchant_id, dt, p.payment_method, bucket
), latency as (
  select
    merchant_id, dt, payment_method, coalesce(sum(n) filter (where bucket is not null), 0)::bigint as payments,
    coalesce(sum(sum_ms) filter (where bucket is not null), 0) as sum_ms, coalesce(sum(n) filter (where bucket is null), 0)::bigint as skewed,
    max(max_ms) filter (where bucket is not null) as max_ms
  from timed
  group by merchant_id, dt, payment_method
), buckets as (
  select merchant_id, dt, payment_method, bucket, n
  from timed
  where bucket is not null
), hours as (
  select dt, landing_hour, count(*) as payments
  from curated_payments
  where $1::date is null or dt = $1
  group by dt, landing_hour
), differing as (
  select
    'totals' as rollup, jsonb_build_object('merchant_id', merchant_id, 'dt', dt, 'currency', currency, 'status', status) as cell,
    case when t.payments is not null then jsonb_build_object('payments', t.payments::text, 'amount_cents', t.amount_cents::text) end as expected,
    case when r.payments is not null then jsonb_build_object('payments', r.payments::text, 'amount_cents', r.amount_cents::text) end as found
  from totals t
  full join (select * from rollups.totals where $1::date is null or dt = $1) r using (merchant_id, dt, currency, status)
  where (t.payments, t.amount_cents) is distinct from (r.payments, r.amount_cents)
  union all
  select
    'declines', jsonb_build_object('merchant_id', merchant_id, 'dt', dt, 'decline_reason', decline_reason, 'currency', currency),
    case when t.payments is not null then jsonb_build_object('payments', t.payments::text, 'amount_cents', t.amount_cents::text) end,
    case when r.payments is not null then jsonb_build_object('payments', r.payments::text, 'amount_cents', r.amount_cents::text) end
  from declines t
  full join (select * from rollups.declines where $1::date is null or dt = $1) r using (merchant_id, dt, decline_reason, currency)
  where (t.payments, t.amount_cents) is distinct from (r.payments, r.amount_cents)
  union all
  select
    'latency', jsonb_build_object('merchant_id', merchant_id, 'dt', dt, 'payment_method', payment_method),
    case when t.payments is not null then jsonb_build_object('payments', t.payments::text, 'sum_ms', t.sum_ms::text, 'skewed', t.skewed::text) end,
    case when r.payments is not null then jsonb_build_object('payments', r.payments::text, 'sum_ms', r.sum_ms::text, 'skewed', r.skewed::text) end
  from latency t
  full join (select * from rollups.latency where $1::date is null or dt = $1) r using (merchant_id, dt, payment_method)
  where (t.payments, t.sum_ms, t.skewed) is distinct from (r.payments, r.sum_ms, r.skewed)
  union all
  select
    'buckets', jsonb_build_object('merchant_id', merchant_id, 'dt', dt, 'payment_method', payment_method, 'bucket', bucket::text),
    case when t.n is not null then jsonb_build_object('payments', t.n::text) end,
    case when r.n is not null then jsonb_build_object('payments', r.n::text) end
  from buckets t
  full join (
    select merchant_id, dt, payment_method, kept.bucket, kept.n
    from rollups.latency
    cross join lateral unnest(buckets, counts) as kept (bucket, n)
    where $1::date is null or dt = $1
  ) r using (merchant_id, dt, payment_method, bucket)
  where t.n is distinct from r.n
  union all
  select
    'longest', jsonb_build_object('merchant_id', merchant_id, 'dt', dt, 'payment_method', payment_method),
    case when t.max_ms is not null then jsonb_build_object('max_ms', t.max_ms::text) end,
    case when r.max_ms is not null then jsonb_build_object('max_ms', r.max_ms::text) end
  from (select * from latency where max_ms is not null) t
  full join (select * from rollups.longest where $1::date is null or dt = $1) r using (merchant_id, dt, payment_method)
  where t.max_ms is distinct from r.max_ms
  union all
  select
    'hours', jsonb_build_object('dt', dt, 'landing_hour', to_char(landing_hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24')),
    case when t.payments is not null then jsonb_build_object('payments', t.payments::text) end,
    case when r.payments is not null then jsonb_build_object('payments', r.payments::text) end
  from hours t
  full join (select * from rollups.hours where $1::date is null or dt = $1) r using (dt, landing_hour)
  where t.payments is distinct from r.payments
)
select rollup, cell, expected, found, count(*) over () as in_all
from differing
order by rollup, cell
limit $2;
