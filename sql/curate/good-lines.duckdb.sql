-- What decides which of a payment's good lines gets it, and what does each say? Filled in: canonical.
select
  payment_id, created_at, status_rank, row_hash, line_id, doubtful,
  ${canonical} as canonical
from (
  select *, amount_cents as amount, round(risk_score * 1000000) as risk_millionths
  from judged
  where reasons = ''
) good
