-- Which contract fields does each line hold, as text? Spark's own reading of lines. Reads `read_lines`, which the job's guard makes of the bytes.
-- `n` goes through the judgement as it is: where the line was, and what is needed of it later.
select
  struct(
    object, line_number, position, length, line, sha256, owned_by_erased, names,
    case when line_number = 0 then struct(line_count, blank_count, card_count, unreadable) end as ended
  ) as n,
  malformed,
  duplicate_key,
  nullif(payment_id, '') as payment_id,
  nullif(merchant_id, '') as merchant_id,
  nullif(user_id, '') as user_id,
  nullif(payment_method, '') as payment_method,
  nullif(source_system, '') as source_system,
  nullif(amount_cents, '') as amount_cents,
  nullif(currency, '') as currency,
  nullif(status, '') as status,
  nullif(risk_score, '') as risk_score,
  nullif(authorized_at, '') as authorized_at,
  nullif(completed_at, '') as completed_at,
  nullif(created_at, '') as created_at,
  nullif(decline_reason, '') as decline_reason
from read_lines
