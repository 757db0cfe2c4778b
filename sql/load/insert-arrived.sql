-- Payments that no hour had before, where that is every one of the run: everything that has arrived, as it lies there. Otherwise
-- insert-winners.sql is for it, which takes each row apart to look for its verdict.
insert into curated_payments (
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at,
  created_at, source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at,
  curated_version, landing_hour, row_hash
)
select
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at,
  created_at, source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at,
  curated_version, landing_hour, row_hash
from arrived;
