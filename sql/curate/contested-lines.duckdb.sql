-- Which plain lines may have to share their payment with another line? As good-lines.duckdb.sql says of the others. A line is a
-- mark, a hash and a canonical text; nothing in it is the delimiter.
-- Filled in: from (before the first line id), files (a list), status_rank.
select
  field[1] as payment_id,
  cast(field[11] as bigint) as created_at,
  ${status_rank} as status_rank,
  row_hash,
  ${from}::bigint + row_number() over () as line_id,
  -1 as doubtful,
  canonical
from (
  select *, string_split(canonical, '|') as field, field[6] as status
  from (
    select cast(substr(line, 10, 19) as bigint) as row_hash, substr(line, 30) as canonical
    from read_csv(
      ${files}, columns = {'line': 'varchar'}, header = false, auto_detect = false, delim = chr(1), quote = '', escape = '', new_line = '\n',
      max_line_size = 65536, buffer_size = 4194304
    )
  ) taken_apart
) contested
