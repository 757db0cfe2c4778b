-- Which plain lines may have to share their payment with another line? As good-lines.duckdb.sql says of the others.
-- Filled in: from (before the first line id), rows (rows-of-texts.duckdb.sql).
select payment_id, created_at, status_rank, row_hash, ${from}::bigint + row_number() over () as line_id, -1 as doubtful, canonical
from (${rows}) contested
