-- What do the hour's payments add up to, by currency and status, and how many of them were written since? Nothing is hashed: the number of the
-- transaction that wrote a row says whether it is as it was. Filled in: flawed.
select
  p.currency,
  p.status,
  count(*) as count,
  sum(p.amount_cents)::text as amount_cents,
  sum(p.row_hash)::text as row_hash,
  count(*) filter (where ${flawed}) as flawed,
  count(*) filter (where age(p.xmin) <= age($3::xid8::xid)) as written
from hour_payments p
where p.landing_hour >= $1 and p.landing_hour < $1::timestamptz + interval '1 hour'
group by p.currency, p.status;
