-- Which rows of the base are gone, as they were? Reads `now_rows` and `base_rows`.
select base_rows.*, false as is_new
from base_rows
anti join (select payment_id from now_rows) now_rows on now_rows.payment_id = base_rows.payment_id
