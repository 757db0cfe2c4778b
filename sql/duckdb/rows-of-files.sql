-- What rows are in these Parquet files?
select * from ${files}
