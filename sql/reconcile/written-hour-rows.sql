-- Which payments of the hour were written since? Filled in: flaws.
select payment_id, created_at, status, currency, amount_cents, row_hash, dt, merchant_id, ${flaws} as flaws
from hour_payments
where landing_hour >= $1 and landing_hour < $1::timestamptz + interval '1 hour'
  and age(hour_payments.xmin) <= age($3::xid8::xid);
