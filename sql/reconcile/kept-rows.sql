-- What do curated files keep, in the shape in which the transform had its winners? Reads `kept_files`.
select
  payment_id,
  merchant_id,
  user_id,
  amount_cents,
  amount_cents as amount,
  currency,
  status,
  payment_method,
  risk_score,
  -- Not a number and beyond all scores: must not be taken for a score.
  case
    when risk_score is null then null
    when abs(risk_score) <= 1e12 then floor(risk_score * 1000000 + cast(0.5 as double))
    else -1
  end as risk_millionths,
  unix_micros(authorized_at) as authorized_at,
  unix_micros(completed_at) as completed_at,
  unix_micros(created_at) as created_at,
  source_system,
  decline_reason,
  filename as kept_in,
  dt as kept_dt,
  hour as kept_hour,
  authorized_to_complete_ms as kept_authorized_to_complete_ms,
  is_approved as kept_is_approved,
  is_refunded as kept_is_refunded,
  processed_at as kept_processed_at,
  curated_version as kept_curated_version,
  landing_hour as kept_landing_hour,
  row_hash as kept_row_hash
from kept_files
