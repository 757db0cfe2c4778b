-- The same records as hour_payments keep them (load/copy-hour-payments.sql). Filled in: statuses, in the order of their ranks.
copy (
  select payment_id, merchant_id, amount_cents, currency, status, created_at, dt, landing_hour, row_hash,
    array_position(${statuses}::text[], status)::smallint
  from arrived
) to stdout (format binary);
