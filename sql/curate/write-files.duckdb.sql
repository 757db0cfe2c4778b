-- The curated rows as files: one a day and merchant, sorted by created_at, with how many rows and bytes each got.
copy (
  select ${columns}
  from (${rows})
  order by merchant_id, dt, created_at, payment_id
) to ${folder} (
  format parquet, compression zstd, partition_by (dt, merchant_id), write_partition_columns true,
  -- Other groups have written into the folder, of other merchants.
  filename_pattern ${names}, overwrite_or_ignore true, return_stats true
)
