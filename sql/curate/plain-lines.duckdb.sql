-- Which rows are the plain lines of a block? Their canonical texts say all of it: `~` where there is no value, the score in millionths.
-- What the reader takes for plain is within every rule, so that none has a reason. Filled in: from (before the first line id), doubtful, status_rank.
with texts as (
  select unnest(block_texts) as canonical, generate_subscripts(block_texts, 1) as n
  from (select string_split(decode($1), chr(10)) as block_texts)
),
taken_apart as (
  select n, canonical, string_split(canonical, '|') as field, contains(canonical, '%') as has_escapes
  from texts
  where canonical <> ''
)
select
  n,
  '' as reasons,
  field[1] as payment_id,
  field[2] as merchant_id,
  text_of_canonical(field[3], has_escapes) as user_id,
  cast(field[4] as bigint) as amount_cents,
  field[5] as currency,
  field[6] as status,
  text_of_canonical(field[7], has_escapes) as payment_method,
  cast(nullif(field[8], '~') as double) / 1000000 as risk_score,
  cast(nullif(field[9], '~') as bigint) as authorized_at,
  cast(nullif(field[10], '~') as bigint) as completed_at,
  cast(field[11] as bigint) as created_at,
  text_of_canonical(field[12], has_escapes) as source_system,
  text_of_canonical(field[13], has_escapes) as decline_reason,
  ${status_rank} as status_rank,
  cast(conv(substr(md5(canonical), 1, 15), 16, 10) as bigint) as row_hash,
  ${from}::bigint + n as line_id,
  ${doubtful} as doubtful
from taken_apart
