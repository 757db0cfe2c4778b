-- What does a landing hour’s committed revision add up to, by currency and status? Filled in: landing_hour, from, to (days of its payments).
select
  currency,
  status,
  cast(count(*) as bigint) as row_count,
  sum(cast(amount_cents as decimal(38, 0))) as amount_cents,
  sum(cast(row_hash as decimal(38, 0))) as row_hash
from curated
where landing_hour = ${landing_hour} and dt between ${from} and ${to}
group by currency, status
order by currency, status
