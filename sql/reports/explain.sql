-- Which payments are behind a number? $1 merchant or *; $2 to $3 days; of these, where they are not null: $4 statuses, $5 currency,
-- $6 decline reason, $7 payment method, $8 timed or skewed; after day $9 and payment $10, at most $11.
select payment_id, merchant_id, dt, created_at, status, currency, amount_cents, payment_method, decline_reason, authorized_to_complete_ms,
  landing_hour, curated_version
from curated_payments
where dt between $2 and $3
  and ($1 = '*' or merchant_id = $1)
  and ($4::text[] is null or status = any($4))
  and ($5::text is null or currency = $5)
  and ($6::text is null or coalesce(decline_reason, 'unknown') = $6)
  and ($7::text is null or coalesce(payment_method, 'unknown') = $7)
  and ($8::text is null or case $8::text when 'timed' then authorized_to_complete_ms >= 0 else authorized_to_complete_ms < 0 end)
  and (dt, payment_id) > ($9::date, $10::text)
order by dt, payment_id
limit $11;
