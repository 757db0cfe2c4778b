-- Of the good lines, what decides which of a payment's wins.
select payment_id, created_at, status_rank, row_hash, line_id, doubtful from judged where reasons = ''
