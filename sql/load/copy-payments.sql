-- Payments that nobody has, where they belong.
copy curated_payments (
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at,
  created_at, source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at,
  curated_version, landing_hour, row_hash
) from stdin (format binary);
