-- Which rows are new or changed since the base? Reads `now_rows` and `base_rows`.
select now_rows.*, base_rows.payment_id is null as is_new
from now_rows
left join (select payment_id, row_hash from base_rows) base_rows on base_rows.payment_id = now_rows.payment_id
where base_rows.payment_id is null or base_rows.row_hash <> now_rows.row_hash or ${all}
