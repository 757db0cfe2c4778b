-- Of what was captured in a range of days, how much is refunded, by count and by amount? A row is a payment’s state now, so a refunded one was
-- captured; a currency in which nothing was captured has zeros. Filled in: current (winners since the first day), to, merchant.
select
  currency,
  cast(count(*) filter (where status in ('APPROVED', 'CAPTURED', 'SETTLED', 'REFUNDED', 'CHARGEBACK')) as bigint) as captured,
  coalesce(
    sum(cast(amount_cents as decimal(38, 0))) filter (where status in ('APPROVED', 'CAPTURED', 'SETTLED', 'REFUNDED', 'CHARGEBACK')), cast(0 as decimal(38, 0))
  ) as captured_cents,
  cast(count(*) filter (where status = 'REFUNDED') as bigint) as refunded,
  coalesce(sum(cast(amount_cents as decimal(38, 0))) filter (where status = 'REFUNDED'), cast(0 as decimal(38, 0))) as refunded_cents
from (${current})
where dt <= ${to} and (${merchant} is null or merchant_id = ${merchant})
group by currency
order by currency
