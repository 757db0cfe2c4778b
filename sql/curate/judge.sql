-- What becomes of each line: a row with typed values and its hash, or the reasons why not?
-- Spark 3.5 SQL without backslashes; DuckDB runs it over the macros of spark-names.duckdb.sql. Reads `lines`.
-- Filled in: row_hash, status_rank; currencies (a|b|…); latest_created_at (epoch microseconds, inclusive); may_hold_controls (false where it is known that no text holds a control character).
with shaped as (
  select
    n, malformed, duplicate_key,
    payment_id, merchant_id, user_id, payment_method, source_system, currency, status, decline_reason,
    amount_cents as amount_text,
    -- The # that is put behind each text: Java's $ alone also matches before a last line feed.
    regexp_like(concat(amount_cents, '#'), '^-?[0-9]+#$') and amount_cents is not null as amount_is_integer,
    risk_score as risk_text,
    case
      when regexp_like(concat(risk_score, '#'), '^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?#$')
      then try_cast(risk_score as double)
    end as risk,
    authorized_at as authorized_at_text,
    case
      when regexp_like(concat(authorized_at, '#'), '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-5][0-9])?#$')
      then authorized_at
    end as authorized_at_shaped,
    completed_at as completed_at_text,
    case
      when regexp_like(concat(completed_at, '#'), '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-5][0-9])?#$')
      then completed_at
    end as completed_at_shaped,
    created_at as created_at_text,
    case
      when regexp_like(concat(created_at, '#'), '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-5][0-9])?#$')
      then created_at
    end as created_at_shaped
  from lines
),
zoned as (
  select
    *,
    -- Most amounts fit by their length alone; of the others the zeros in front do not count.
    case
      when not amount_is_integer then null
      when length(amount_text) <= 18 then try_cast(amount_text as bigint)
      when length(regexp_replace(amount_text, '^-?0*', '')) <= 19
      then try_cast(concat(case when substr(amount_text, 1, 1) = '-' then '-' else '' end, '0', regexp_replace(amount_text, '^-?0*', '')) as bigint)
    end as amount,
    case
      when substr(authorized_at_shaped, length(authorized_at_shaped) - 5, 1) in ('+', '-')
      then cast(concat(substr(authorized_at_shaped, length(authorized_at_shaped) - 5, 1), '1') as int)
        * (cast(substr(authorized_at_shaped, length(authorized_at_shaped) - 4, 2) as int) * 60 + cast(substr(authorized_at_shaped, length(authorized_at_shaped) - 1, 2) as int))
      else 0
    end as authorized_at_offset,
    case
      when substr(completed_at_shaped, length(completed_at_shaped) - 5, 1) in ('+', '-')
      then cast(concat(substr(completed_at_shaped, length(completed_at_shaped) - 5, 1), '1') as int)
        * (cast(substr(completed_at_shaped, length(completed_at_shaped) - 4, 2) as int) * 60 + cast(substr(completed_at_shaped, length(completed_at_shaped) - 1, 2) as int))
      else 0
    end as completed_at_offset,
    case
      when substr(created_at_shaped, length(created_at_shaped) - 5, 1) in ('+', '-')
      then cast(concat(substr(created_at_shaped, length(created_at_shaped) - 5, 1), '1') as int)
        * (cast(substr(created_at_shaped, length(created_at_shaped) - 4, 2) as int) * 60 + cast(substr(created_at_shaped, length(created_at_shaped) - 1, 2) as int))
      else 0
    end as created_at_offset
  from shaped
),
timed as (
  select
    *,
    case
      when authorized_at_shaped is not null and authorized_at_offset between -720 and 840
      then unix_micros(try_to_timestamp(substr(authorized_at_shaped, 1, 19)))
        + case
          when substr(authorized_at_shaped, 20, 1) <> '.' then cast(0 as bigint)
          when substr(authorized_at_shaped, 24, 1) = 'Z' then cast(substr(authorized_at_shaped, 21, 3) as bigint) * 1000
          else cast(rpad(regexp_extract(substr(authorized_at_shaped, 21, 6), '^[0-9]+', 0), 6, '0') as bigint)
        end
        - cast(authorized_at_offset as bigint) * 60000000
    end as authorized_at,
    case
      when completed_at_shaped is not null and completed_at_offset between -720 and 840
      then unix_micros(try_to_timestamp(substr(completed_at_shaped, 1, 19)))
        + case
          when substr(completed_at_shaped, 20, 1) <> '.' then cast(0 as bigint)
          when substr(completed_at_shaped, 24, 1) = 'Z' then cast(substr(completed_at_shaped, 21, 3) as bigint) * 1000
          else cast(rpad(regexp_extract(substr(completed_at_shaped, 21, 6), '^[0-9]+', 0), 6, '0') as bigint)
        end
        - cast(completed_at_offset as bigint) * 60000000
    end as completed_at,
    case
      when created_at_shaped is not null and created_at_offset between -720 and 840
      then unix_micros(try_to_timestamp(substr(created_at_shaped, 1, 19)))
        + case
          when substr(created_at_shaped, 20, 1) <> '.' then cast(0 as bigint)
          when substr(created_at_shaped, 24, 1) = 'Z' then cast(substr(created_at_shaped, 21, 3) as bigint) * 1000
          else cast(rpad(regexp_extract(substr(created_at_shaped, 21, 6), '^[0-9]+', 0), 6, '0') as bigint)
        end
        - cast(created_at_offset as bigint) * 60000000
    end as created_at
  from zoned
),
judged as (
  select
    *,
    case
      when malformed then 'malformed_json'
      when duplicate_key then 'duplicate_key'
      else concat_ws(',',
        case
          when payment_id is null then 'payment_id_missing'
          when length(payment_id) > 128 or regexp_like(payment_id, '[^A-Za-z0-9_.:-]') then 'payment_id_invalid'
        end,
        case
          when merchant_id is null then 'merchant_id_missing'
          when length(merchant_id) > 128 or regexp_like(merchant_id, '[^A-Za-z0-9_.:@-]')
            or merchant_id in ('.', '..', '__HIVE_DEFAULT_PARTITION__') or lower(merchant_id) = 'null' then 'merchant_id_invalid'
        end,
        case
          when length(user_id) > 256 or substr(user_id, 1, 1) in ('[', '{')
            or (${may_hold_controls} and regexp_like(user_id, concat('[', chr(0), '-', chr(31), chr(127), ']'))) then 'user_id_invalid'
        end,
        case
          when length(payment_method) > 256 or substr(payment_method, 1, 1) in ('[', '{')
            or (${may_hold_controls} and regexp_like(payment_method, concat('[', chr(0), '-', chr(31), chr(127), ']'))) then 'payment_method_invalid'
        end,
        case
          when length(source_system) > 256 or substr(source_system, 1, 1) in ('[', '{')
            or (${may_hold_controls} and regexp_like(source_system, concat('[', chr(0), '-', chr(31), chr(127), ']'))) then 'source_system_invalid'
        end,
        case
          when amount_text is null then 'amount_missing'
          when not amount_is_integer then 'amount_not_integer'
          when amount is null then 'amount_out_of_range'
          when amount < 0 then 'amount_negative'
        end,
        case
          when currency is null then 'currency_missing'
          when length(currency) <> 3 or not regexp_like(currency, '^(${currencies})$') then 'currency_invalid'
        end,
        case
          when status is null then 'status_missing'
          when status not in ('PENDING', 'AUTHORIZED', 'APPROVED', 'CAPTURED', 'SETTLED', 'DECLINED', 'FAILED',
            'CANCELLED', 'VOIDED', 'EXPIRED', 'REFUNDED', 'CHARGEBACK') then 'status_unknown'
        end,
        case when risk_text is not null and not coalesce(risk >= 0 and risk <= 1000000, false) then 'risk_score_invalid' end,
        case
          when authorized_at_text is not null and not coalesce(authorized_at >= 946684800000000 and authorized_at < 4133980800000000, false) then 'authorized_at_invalid'
        end,
        case
          when completed_at_text is not null and not coalesce(completed_at >= 946684800000000 and completed_at < 4133980800000000, false) then 'completed_at_invalid'
        end,
        case
          when created_at_text is null then 'created_at_missing'
          when not coalesce(created_at >= 946684800000000 and created_at < 4133980800000000 and created_at <= ${latest_created_at}, false)
          then 'created_at_invalid'
        end,
        case
          when length(decline_reason) > 256 or substr(decline_reason, 1, 1) in ('[', '{')
            or (${may_hold_controls} and regexp_like(decline_reason, concat('[', chr(0), '-', chr(31), chr(127), ']'))) then 'decline_reason_invalid'
        end
      )
    end as reasons
  from timed
),
rounded as (
  select *, floor(risk * 1000000 + cast(0.5 as double)) as risk_millionths
  from judged
)
select
  n, reasons,
  payment_id, merchant_id, user_id, amount as amount_cents, currency, status, payment_method,
  risk_millionths / 1000000 as risk_score,
  authorized_at, completed_at, created_at, source_system, decline_reason,
  ${status_rank} as status_rank,
  case when reasons = '' then ${row_hash} end as row_hash
from rounded
