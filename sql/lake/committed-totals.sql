-- How many rows has a merchant’s day, and how many cents, by currency and status? Each hour’s version of a payment counts: these are the numbers that
-- the hours’ proofs add up to. Reads one merchant’s files only. Filled in: day, merchant.
select
  stored.currency,
  stored.status,
  cast(count(*) as bigint) as row_count,
  sum(cast(stored.amount_cents as decimal(38, 0))) as amount_cents
from curated_payments as stored
inner join committed_files as named on named.path = stored."$path" and named.landing_hour = stored.landing_hour
where stored.dt = ${day} and stored.merchant_id = ${merchant} and named.dt = ${day}
group by stored.currency, stored.status
order by stored.currency, stored.status
