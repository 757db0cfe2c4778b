-- Which files are committed, and for which landing hour? One row for each file that an hour’s commit names. Filled in: bucket.
select
  date_parse(commits.landinghour, '%Y-%m-%dT%H') as landing_hour,
  cast(to_unixtime(date_parse(commits.landinghour, '%Y-%m-%dT%H')) as bigint) * 1000000 as landing_micros,
  commits.revision,
  concat('s3://${bucket}/', named.key) as path,
  cast(named.dt as date) as dt,
  named.merchant_id,
  named.row_count,
  named.bytes,
  coalesce(named.is_shared, false) as is_shared
from commits
cross join unnest(commits.files) as named (key, dt, merchant_id, row_count, bytes, is_shared, whole_rows)
