-- What do the rows of these buckets add up to, by part? Filled in: rows, the condition.
select
  part,
  cast(count(*) as bigint) as row_count,
  cast(sum(cast(row_hash as decimal(38, 0))) as string) as row_hash,
  cast(sum(cast(content as decimal(38, 0))) as string) as content,
  cast(count(*) filter (where flaws <> '') as bigint) as flawed
from judged_rows
where ${rows}
group by part
