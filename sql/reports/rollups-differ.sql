-- In which cells are the roll-ups not what the payments add up to? Reads every payment. Deliberately without the functions that keep
-- them, but for the bucket of a duration.
with totals as (
  select m.merchant_id, dt, currency, status, count(*) as payments, sum(amount_cents) as amount_cents
  from curated_payments c
  cross join lateral (values (c.merchant_id), ('*')) as m (merchant_id)
  group by m.merchant_id, dt, currency, status
), declines as (
  select m.merchant_id, dt, coalesce(decline_reason, 'unknown') as decline_reason, currency, count(*) as payments, sum(amount_cents) as amount_cents
  from curated_payments c
  cross join lateral (values (c.merchant_id), ('*')) as m (merchant_id)
  where status = 'DECLINED'
  group by m.merchant_id, dt, coalesce(decline_reason, 'unknown'), currency
), timed as (
  select m.merchant_id, dt, p.payment_method, authorized_to_complete_ms as ms
  from curated_payments c
  cross join lateral (values (c.merchant_id), ('*')) as m (merchant_id)
  cross join lateral (values (coalesce(c.payment_method, 'unknown')), ('')) as p (payment_method)
  where authorized_to_complete_ms is not null
), latency as (
  select
    merchant_id, dt, payment_method, count(*) filter (where ms >= 0) as payments, coalesce(sum(ms) filter (where ms >= 0), 0) as sum_ms,
    count(*) filter (where ms < 0) as skewed, max(ms) filter (where ms >= 0) as max_ms
  from timed
  group by merchant_id, dt, payment_method
), buckets as (
  select merchant_id, dt, payment_method, rollups.latency_bucket(ms) as bucket, count(*) as n
  from timed
  where ms >= 0
  group by merchant_id, dt, payment_method, rollups.latency_bucket(ms)
), hours as (
  select dt, landing_hour, count(*) as payments
  from curated_payments
  group by dt, landing_hour
)
select 'totals' as rollup, concat_ws(' ', merchant_id, dt, currency, status) as cell
from totals t
full join rollups.totals r using (merchant_id, dt, currency, status)
where (t.payments, t.amount_cents) is distinct from (r.payments, r.amount_cents)
union all
select 'declines', concat_ws(' ', merchant_id, dt, decline_reason, currency)
from declines t
full join rollups.declines r using (merchant_id, dt, decline_reason, currency)
where (t.payments, t.amount_cents) is distinct from (r.payments, r.amount_cents)
union all
select 'latency', concat_ws(' ', merchant_id, dt, payment_method)
from latency t
full join rollups.latency r using (merchant_id, dt, payment_method)
where (t.payments, t.sum_ms, t.skewed) is distinct from (r.payments, r.sum_ms, r.skewed)
union all
select 'buckets', concat_ws(' ', merchant_id, dt, payment_method, bucket)
from buckets t
full join (
  select merchant_id, dt, payment_method, kept.bucket, kept.n
  from rollups.latency
  cross join lateral unnest(buckets, counts) as kept (bucket, n)
) r using (merchant_id, dt, payment_method, bucket)
where t.n is distinct from r.n
union all
select 'longest', concat_ws(' ', merchant_id, dt, payment_method)
from (select * from latency where max_ms is not null) t
full join rollups.longest r using (merchant_id, dt, payment_method)
where t.max_ms is distinct from r.max_ms
union all
select 'hours', concat_ws(' ', dt, landing_hour)
from hours t
full join rollups.hours r using (dt, landing_hour)
where t.payments is distinct from r.payments
order by rollup, cell
limit 100;
