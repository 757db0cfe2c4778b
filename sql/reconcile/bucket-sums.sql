-- What do the rows add up to, by bucket of the key, currency and status?
select
  bucket,
  currency,
  status,
  cast(count(*) as bigint) as row_count,
  cast(sum(cast(amount_cents as decimal(38, 0))) as string) as amount_cents,
  cast(sum(cast(row_hash as decimal(38, 0))) as string) as row_hash,
  cast(sum(cast(content as decimal(38, 0))) as string) as content,
  cast(count(*) filter (where flaws <> '') as bigint) as flawed
from judged_rows
group by bucket, currency, status
