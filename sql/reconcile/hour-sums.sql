-- What do the hours' payments add up to, by bucket of the key, and by currency and status? One pass for both. Filled in: content.
with kept as (
  select
    wanted.landing_hour,
    get_byte(decode(md5(p.payment_id), 'hex'), 0) as bucket,
    p.currency,
    p.status,
    p.amount_cents,
    p.row_hash,
    ${content} as content,
    p.status_rank is distinct from array_position($2::text[], p.status) or p.landing_hour <> wanted.landing_hour as flawed
  from unnest($1::timestamptz[]) as wanted (landing_hour)
  join hour_payments p on p.landing_hour >= wanted.landing_hour and p.landing_hour < wanted.landing_hour + interval '1 hour'
)
select
  landing_hour,
  bucket,
  currency,
  status,
  count(*) as rows,
  sum(amount_cents)::text as amount_cents,
  sum(row_hash)::text as row_hash,
  sum(content)::text as content,
  count(*) filter (where flawed) as flawed
from kept
group by grouping sets ((landing_hour, bucket), (landing_hour, currency, status));
