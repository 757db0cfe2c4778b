-- Which rows are these canonical texts? Each says all of its row: `~` where there is no value, the score in millionths.
-- Filled in: texts (a table with `canonical`), status_rank, row_hash (of `canonical`).
select
  canonical,
  field[1] as payment_id,
  field[2] as merchant_id,
  text_of_canonical(field[3], has_escapes) as user_id,
  cast(field[4] as bigint) as amount_cents,
  field[5] as currency,
  field[6] as status,
  text_of_canonical(field[7], has_escapes) as payment_method,
  cast(nullif(field[8], '~') as double) / 1000000 as risk_score,
  cast(nullif(field[9], '~') as bigint) as authorized_at,
  cast(nullif(field[10], '~') as bigint) as completed_at,
  cast(field[11] as bigint) as created_at,
  text_of_canonical(field[12], has_escapes) as source_system,
  text_of_canonical(field[13], has_escapes) as decline_reason,
  ${status_rank} as status_rank,
  ${row_hash} as row_hash
from (
  select canonical, string_split(canonical, '|') as field, contains(canonical, '%') as has_escapes
  from ${texts}
) taken_apart
