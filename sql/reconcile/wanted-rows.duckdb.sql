-- What is kept of these rows? Filled in: rows, the condition.
select bucket, payment_id, created_micros, status, currency, amount_cents, row_hash, dt, merchant_id, flaws, kept_in
from judged_rows
where ${rows}
order by bucket
