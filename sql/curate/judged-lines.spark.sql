-- What became of each line, with an id that no other line of the job has, and is it of a person who is erased? Reads `suppressed`.
-- Only a refused line is kept as it was read: it is what its dead letter shows. Filled in: judge, user_token.
select /*+ broadcast(suppressed) */
  n.object as object,
  n.line_number as line_number,
  n.position as position,
  n.length as length,
  n.sha256 as sha256,
  n.names as names,
  n.ended as ended,
  case when judged.reasons <> '' then n.line end as line,
  case when n.sha256 is not null then 'line_too_long' else judged.reasons end as reasons,
  n.owned_by_erased or suppressed.name is not null as erased,
  cast(n.object as bigint) * 1099511627776 + n.line_number as line_id,
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at, created_at,
  source_system, decline_reason, status_rank, row_hash
from (${judge}) judged
left join suppressed on suppressed.name = ${user_token}
