-- The rows of other hours take their place again.
insert into curated_payments (
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at,
  created_at, source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at,
  curated_version, landing_hour, row_hash
)
select
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at,
  created_at, source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at,
  curated_version, landing_hour, row_hash
from brought_back
on conflict (payment_id) do update set
  merchant_id = excluded.merchant_id,
  user_id = excluded.user_id,
  amount_cents = excluded.amount_cents,
  currency = excluded.currency,
  status = excluded.status,
  payment_method = excluded.payment_method,
  risk_score = excluded.risk_score,
  authorized_at = excluded.authorized_at,
  completed_at = excluded.completed_at,
  created_at = excluded.created_at,
  source_system = excluded.source_system,
  decline_reason = excluded.decline_reason,
  dt = excluded.dt,
  hour = excluded.hour,
  authorized_to_complete_ms = excluded.authorized_to_complete_ms,
  is_approved = excluded.is_approved,
  is_refunded = excluded.is_refunded,
  processed_at = excluded.processed_at,
  curated_version = excluded.curated_version,
  landing_hour = excluded.landing_hour,
  row_hash = excluded.row_hash;
