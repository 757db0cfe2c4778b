-- How long does it take from authorised to completed? Percentiles are exact, by nearest rank: the smallest span that at least so many of a hundred do not
-- exceed. Negative spans are clock skew, counted apart. Filled in: current (winners since the first day), to, merchant, payment_method.
with spans as (
  select authorized_to_complete_ms as ms, cast(count(*) as bigint) as payments
  from (${current})
  where dt <= ${to} and (${merchant} is null or merchant_id = ${merchant}) and (${payment_method} is null or payment_method = ${payment_method}) and authorized_to_complete_ms is not null
  group by authorized_to_complete_ms
),
placed as (
  select ms, payments, sum(payments) over (order by ms) as up_to, sum(payments) over () as total
  from spans
  where ms >= 0
)
select
  cast(coalesce(sum(payments), 0) as bigint) as measured,
  coalesce(sum(cast(ms as decimal(38, 0)) * payments), cast(0 as decimal(38, 0))) as sum_ms,
  min(ms) filter (where up_to * 100 >= total * 50) as p50,
  min(ms) filter (where up_to * 100 >= total * 95) as p95,
  min(ms) filter (where up_to * 100 >= total * 99) as p99,
  max(ms) as max_ms,
  cast(coalesce((select sum(payments) from spans where ms < 0), 0) as bigint) as skewed
from placed
