-- Which fields does the contract not know, on how many lines, and which line showed each first? Reads `lines`. (Spark: explode.)
select name, cast(count(*) as bigint) as line_count, min(n) as first_n
from (
  select n, unnest(names) as name
  from lines
  where names is not null and not malformed and not duplicate_key and not read_again
) named
where name not in ('payment_id', 'merchant_id', 'user_id', 'payment_method', 'source_system', 'amount_cents', 'currency',
  'status', 'risk_score', 'authorized_at', 'completed_at', 'created_at', 'decline_reason')
group by name
order by first_n, name
