-- Why were payments of a range of days declined? `unknown` where nobody says. Filled in: current (winners since the first day), to, merchant.
select
  coalesce(decline_reason, 'unknown') as reason,
  currency,
  cast(count(*) as bigint) as payments,
  sum(cast(amount_cents as decimal(38, 0))) as amount_cents
from (${current})
where dt <= ${to} and (${merchant} is null or merchant_id = ${merchant}) and status = 'DECLINED'
group by coalesce(decline_reason, 'unknown'), currency
order by reason, currency
