-- Which rows belong to which bucket? Equal keys meet in one; each bucket is a folder of Parquet files.
copy (select *, cast(hash(${key}) % ${count} as int) as bucket from (${rows}))
to ${folder} (format parquet, partition_by (bucket), filename_pattern ${names}, overwrite_or_ignore)
