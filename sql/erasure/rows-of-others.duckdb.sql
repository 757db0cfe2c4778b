-- Which committed rows are of nobody who is erased, in the shape in which the transform has its winners? Reads `committed_rows` and `erased_users`.
select
  payment_id,
  merchant_id,
  user_id,
  amount_cents,
  currency,
  status,
  payment_method,
  risk_score,
  unix_micros(authorized_at) as authorized_at,
  unix_micros(completed_at) as completed_at,
  unix_micros(created_at) as created_at,
  source_system,
  decline_reason,
  row_hash
from committed_rows
anti join erased_users using (user_id)
