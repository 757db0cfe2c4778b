-- What do the hour's payments add up to, by currency and status, and how many of them were written since? Nothing is hashed: the number of the
-- transaction that wrote a row says whether it is as it was. By rank besides, so that a status' rank is looked up once a cell and not once a row.
-- Filled in: written.
with cells as (
  select
    p.currency,
    p.status,
    p.status_rank,
    count(*) as rows,
    sum(p.amount_cents) as amount_cents,
    sum(p.row_hash) as row_hash,
    count(*) filter (where p.landing_hour <> $1) as misplaced,
    count(*) filter (where ${written}) as written
  from hour_payments p
  where p.landing_hour >= $1 and p.landing_hour < $1::timestamptz + interval '1 hour'
  group by p.currency, p.status, p.status_rank
)
select
  currency,
  status,
  sum(rows)::bigint as count,
  sum(amount_cents)::text as amount_cents,
  sum(row_hash)::text as row_hash,
  sum(case when status_rank is distinct from array_position($2::text[], status) then rows else misplaced end)::bigint as flawed,
  sum(written)::bigint as written
from cells
group by currency, status;
