-- Which line of each payment counts? The greatest by created_at, status rank, hash (CONTRACT §2). Reads `good_lines`.
select
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at,
  completed_at, created_at, source_system, decline_reason, row_hash
from (
  select *, row_number() over (partition by payment_id order by created_at desc, status_rank desc, row_hash desc) as place
  from good_lines
) placed
where place = 1
