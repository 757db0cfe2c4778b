-- The winner of the payment over all hours, whole but for who paid.
select payment_id, merchant_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at, created_at,
  source_system, decline_reason, dt, hour, authorized_to_complete_ms, processed_at, curated_version, landing_hour, row_hash
from curated_payments
where payment_id = $1;
