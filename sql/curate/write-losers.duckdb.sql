-- The lines that another line of their payment beats, kept in a file for the bucket.
copy (${losers}) to ${path} (format parquet)
