-- Which lines decide about their payment? Reads `judged`.
select payment_id, created_at, status_rank, row_hash, line_id
from judged
where reasons = '' and not erased
