-- refund-rate asked of the payments themselves: $1 merchant or null, $2 to $3 days.
select
  currency,
  count(*) filter (where status in ('APPROVED', 'CAPTURED', 'SETTLED', 'REFUNDED', 'CHARGEBACK')) as captured,
  count(*) filter (where status = 'REFUNDED') as refunded,
  sum(amount_cents) filter (where status in ('APPROVED', 'CAPTURED', 'SETTLED', 'REFUNDED', 'CHARGEBACK'))::text as captured_cents,
  sum(amount_cents) filter (where status = 'REFUNDED')::text as refunded_cents
from curated_payments
where dt between $2 and $3 and ($1::text is null or merchant_id = $1)
group by currency
order by currency;
