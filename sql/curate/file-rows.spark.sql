-- How many rows did each day and merchant get? Reads `rows_to_sum`.
select cast(dt as string) as dt, merchant_id, cast(count(*) as bigint) as row_count
from rows_to_sum
group by dt, merchant_id
