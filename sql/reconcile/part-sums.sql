-- What do the hour's payments in these buckets add up to, by part? Filled in: content, flawed.
with kept as (
  select
    get_byte(p.key, 0) * 256 + get_byte(p.key, 1) as part,
    p.row_hash,
    ${content} as content,
    ${flawed} as flawed
  from (
    select *, decode(md5(payment_id), 'hex') as key
    from hour_payments
    where landing_hour >= $1 and landing_hour < $1::timestamptz + interval '1 hour'
  ) p
  where get_byte(p.key, 0) = any($3::integer[])
)
select
  part,
  count(*) as rows,
  sum(row_hash)::text as row_hash,
  sum(content)::text as content,
  count(*) filter (where flawed) as flawed
from kept
group by part;
