-- Payments that no hour had before: those that won, and those without a verdict, unless none means that the row is there (decide-whole.sql).
insert into curated_payments (
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at,
  created_at, source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at,
  curated_version, landing_hour, row_hash
)
select
  a.payment_id, a.merchant_id, a.user_id, a.amount_cents, a.currency, a.status, a.payment_method, a.risk_score,
  a.authorized_at, a.completed_at, a.created_at, a.source_system, a.decline_reason, a.dt, a.hour, a.authorized_to_complete_ms,
  a.is_approved, a.is_refunded, a.processed_at, a.curated_version, a.landing_hour, a.row_hash
from arrived a
left join verdicts v using (payment_id)
where coalesce(v.verdict = 'won', not $1);
