-- Payments whose row gives way to this run's.
update curated_payments c set
  merchant_id = a.merchant_id,
  user_id = a.user_id,
  amount_cents = a.amount_cents,
  currency = a.currency,
  status = a.status,
  payment_method = a.payment_method,
  risk_score = a.risk_score,
  authorized_at = a.authorized_at,
  completed_at = a.completed_at,
  created_at = a.created_at,
  source_system = a.source_system,
  decline_reason = a.decline_reason,
  dt = a.dt,
  hour = a.hour,
  authorized_to_complete_ms = a.authorized_to_complete_ms,
  is_approved = a.is_approved,
  is_refunded = a.is_refunded,
  processed_at = a.processed_at,
  curated_version = a.curated_version,
  landing_hour = a.landing_hour,
  row_hash = a.row_hash
from arrived a
join verdicts v using (payment_id)
where v.verdict = 'updated' and c.payment_id = a.payment_id;
