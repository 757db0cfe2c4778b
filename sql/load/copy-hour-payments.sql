-- The same payments, as their hour says it.
copy hour_payments (
  payment_id, merchant_id, amount_cents, currency, status, created_at, dt, landing_hour, row_hash, status_rank
) from stdin (format binary);
