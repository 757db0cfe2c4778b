-- What do the hour's payments add up to, by bucket of the key, and by currency and status? By all three first, which workers of the
-- server share: grouping sets alone are one's work. Filled in: bucket, which costs a third of it, content, flawed.
with kept as (
  select
    ${bucket} as bucket,
    p.currency,
    p.status,
    p.amount_cents,
    p.row_hash,
    ${content} as content,
    ${flawed} as flawed
  from hour_payments p
  where p.landing_hour >= $1 and p.landing_hour < $1::timestamptz + interval '1 hour'
),
cells as (
  select
    bucket,
    currency,
    status,
    count(*) as rows,
    sum(amount_cents) as amount_cents,
    sum(row_hash) as row_hash,
    sum(content) as content,
    count(*) filter (where flawed) as flawed
  from kept
  group by bucket, currency, status
)
select
  bucket,
  currency,
  status,
  sum(rows)::bigint as rows,
  sum(amount_cents)::text as amount_cents,
  sum(row_hash)::text as row_hash,
  sum(content)::text as content,
  sum(flawed)::bigint as flawed
from cells
group by grouping sets ((bucket), (currency, status));
