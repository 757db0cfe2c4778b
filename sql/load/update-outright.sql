-- Which of the run's rows take the place of the row that is there without further asking? Those that beat it, and those of a payment that
-- only this hour has, where it was this hour's. Whatever else has arrived is left to decide.sql.
-- In a revision that changes rows it is nearly all of them, and deciding first would go over every payment twice. A row that somebody has
-- written in between is compared as it is by then.
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
where c.payment_id = a.payment_id
  and not (c.landing_hour = $1 and c.row_hash = a.row_hash)
  and (
    (a.created_at, array_position($2::text[], a.status), a.row_hash, $1::timestamptz)
      > (c.created_at, array_position($2::text[], c.status), c.row_hash, c.landing_hour)
    or c.landing_hour = $1 and (
      select true
      from hour_payments h
      where h.payment_id = a.payment_id and h.landing_hour <> $1
      limit 1
    ) is null
  );
