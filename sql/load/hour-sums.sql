-- What do the hour's payments add up to, by currency and status, in any order (sum-by-hashing.sql)? Exact: numeric has no last digit to lose.
select
  currency,
  status,
  count(*) as count,
  sum(amount_cents)::text as amount_cents,
  sum(row_hash)::text as row_hash
from hour_payments
where landing_hour = $1
group by currency, status;
