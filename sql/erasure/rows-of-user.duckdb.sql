-- How many rows of the user does each file have, of which landing hours? Reads `wanted`; files without a row are not in the answer.
select filename, unix_micros(landing_hour) as landing_hour, count(*) as row_count
from read_parquet([${files}], hive_partitioning = false, filename = true)
where user_id = (select name from wanted)
group by filename, landing_hour
order by filename, landing_hour;
