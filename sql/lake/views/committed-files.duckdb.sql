-- Which files are committed, and for which landing hour? The embedded engine is handed what the commits name. Filled in: commits.
create or replace temp view committed_files as
select
  make_timestamp(landing_micros) as landing_hour,
  landing_micros,
  revision,
  path,
  dt,
  merchant_id,
  row_count,
  bytes,
  is_shared
from read_json(${commits}, format = 'newline_delimited', columns = {
  landing_micros: 'BIGINT', revision: 'INTEGER', path: 'VARCHAR', dt: 'DATE', merchant_id: 'VARCHAR', row_count: 'BIGINT', bytes: 'BIGINT', is_shared: 'BOOLEAN'
})
