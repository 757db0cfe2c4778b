-- Which payments of the hour were written since? Filled in: flaws, written.
select payment_id, created_at, status, currency, amount_cents, row_hash, dt, merchant_id, ${flaws} as flaws
from hour_payments p
where landing_hour >= $1 and landing_hour < $1::timestamptz + interval '1 hour'
  and ${written};
