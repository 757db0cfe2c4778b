-- Which lines lose against another line of their payment? All but the greatest by created_at, status rank, hash (CONTRACT §2).
-- Reads `placed_lines`. The three make one number, exact in 38 digits: an aggregate needs no sort, however often a payment comes.
with winners as (
  select max_by(line_id, (cast(created_at as decimal(38, 0)) * 100 + status_rank) * 1152921504606846976 + row_hash) as line_id
  from placed_lines
  group by payment_id
)
select placed_lines.line_id
from placed_lines
left join winners on winners.line_id = placed_lines.line_id
where winners.line_id is null
