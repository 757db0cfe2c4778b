-- What are a day’s payments now, by currency and status? Filled in: current (winners since the day), day, merchant.
select
  currency,
  status,
  cast(count(*) as bigint) as payments,
  sum(cast(amount_cents as decimal(38, 0))) as amount_cents
from (${current})
where dt = ${day} and (${merchant} is null or merchant_id = ${merchant})
group by currency, status
order by currency, status
