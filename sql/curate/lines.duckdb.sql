-- Which contract fields does each line of a block hold, as text? DuckDB's own reading of lines; the guard has been over the bytes.
create or replace temp table lines as
with split as (
  select unnest(block_lines) as line, generate_subscripts(block_lines, 1) as n
  from (select string_split(decode($1), chr(10)) as block_lines)
),
checked as (
  select
    n,
    case when starts_with(ltrim(line, concat(' ', chr(9), chr(13))), '{') and json_valid(line) then line end as json
  from split
  where line <> ''
),
extracted as (
  select
    n,
    json,
    json_keys(json) as keys,
    json_extract_string(json, [
      '$.payment_id', '$.merchant_id', '$.user_id', '$.payment_method', '$.source_system', '$.amount_cents', '$.currency',
      '$.status', '$.risk_score', '$.authorized_at', '$.completed_at', '$.created_at', '$.decline_reason'
    ]) as field
  from checked
),
named as (
  select
    n, json, keys,
    field[1] as payment_id, field[2] as merchant_id, field[3] as user_id, field[4] as payment_method,
    field[5] as source_system, field[6] as amount_cents, field[7] as currency, field[8] as status,
    field[9] as risk_score, field[10] as authorized_at, field[11] as completed_at, field[12] as created_at,
    field[13] as decline_reason
  from extracted
),
-- Where every name gave a value, no name is unknown or comes twice: the costly questions are for the other lines.
counted as (
  select
    *,
    len(keys) <>
      (payment_id is not null)::int + (merchant_id is not null)::int + (user_id is not null)::int
      + (payment_method is not null)::int + (source_system is not null)::int + (amount_cents is not null)::int
      + (currency is not null)::int + (status is not null)::int + (risk_score is not null)::int
      + (authorized_at is not null)::int + (completed_at is not null)::int + (created_at is not null)::int
      + (decline_reason is not null)::int as has_more_names,
    -- The comparison first: it costs nothing, and few texts begin with a digit or a minus.
    case
      when payment_id between '-' and ':' or merchant_id between '-' and ':' or user_id between '-' and ':'
        or payment_method between '-' and ':' or source_system between '-' and ':' or decline_reason between '-' and ':'
      then coalesce(may_be_rewritten(payment_id), false) or coalesce(may_be_rewritten(merchant_id), false)
        or coalesce(may_be_rewritten(user_id), false) or coalesce(may_be_rewritten(payment_method), false)
        or coalesce(may_be_rewritten(source_system), false) or coalesce(may_be_rewritten(decline_reason), false)
      else false
    end as has_numbers
  from named
)
select
  n,
  json is null as malformed,
  case when has_more_names then len(keys) <> len(list_distinct(keys)) else false end as duplicate_key,
  -- The guard reads such a line again with its numbers in quotes: the text of a number is the text as written.
  case
    when has_numbers then len(list_filter(
      json_type(json, ['$.payment_id', '$.merchant_id', '$.user_id', '$.payment_method', '$.source_system', '$.decline_reason']),
      lambda type: type in ('DOUBLE', 'BIGINT'))) > 0
    else false
  end as read_again,
  case when has_more_names then keys end as names,
  nullif(payment_id, '') as payment_id,
  nullif(merchant_id, '') as merchant_id,
  nullif(user_id, '') as user_id,
  nullif(payment_method, '') as payment_method,
  nullif(source_system, '') as source_system,
  nullif(amount_cents, '') as amount_cents,
  nullif(currency, '') as currency,
  nullif(status, '') as status,
  nullif(risk_score, '') as risk_score,
  nullif(authorized_at, '') as authorized_at,
  nullif(completed_at, '') as completed_at,
  nullif(created_at, '') as created_at,
  nullif(decline_reason, '') as decline_reason
from counted;
