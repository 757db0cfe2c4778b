-- Which rows belong to which bucket? Equal keys meet in one; each bucket is a folder of Parquet files. How many rows wait in memory, for their bucket
-- and for their file, does not follow how many there are. Filled in: key, count, rows, folder, names, waiting (rows), rows_of_group.
set partitioned_write_flush_threshold = ${waiting};
copy (select *, cast(hash(${key}) % ${count} as int) as bucket from (${rows}))
to ${folder} (format parquet, partition_by (bucket), filename_pattern ${names}, row_group_size ${rows_of_group}, overwrite_or_ignore);
set partitioned_write_flush_threshold = 1
