-- Which rows are the same in both? Reads `now_rows` and `base_rows`.
select now_rows.currency, now_rows.status, now_rows.amount_cents, now_rows.row_hash
from now_rows
semi join (select payment_id, row_hash from base_rows) base_rows
  on base_rows.payment_id = now_rows.payment_id and base_rows.row_hash = now_rows.row_hash
