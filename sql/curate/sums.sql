-- How many rows of each currency and status, their money and their hashes? Reads `rows_to_sum`; no total over currencies is ever made.
select
  currency,
  status,
  cast(count(*) as bigint) as row_count,
  cast(sum(cast(amount_cents as decimal(38, 0))) as string) as amount_cents,
  cast(sum(cast(row_hash as decimal(38, 0))) as string) as row_hash
from rows_to_sum
group by currency, status
order by currency, status
