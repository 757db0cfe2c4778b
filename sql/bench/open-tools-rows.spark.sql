-- What would a job make of the lines that trusts them? Spark's own JSON in `raw`: the winner of each payment, with the columns of the curated table.
-- Lines that break a rule are left out without a word; where a line is, what it broke, and unknown fields are not asked.
with typed as (
  select
    payment_id, merchant_id, nullif(user_id, '') as user_id, cast(amount_cents as bigint) as amount_cents, currency, status,
    nullif(payment_method, '') as payment_method, floor(cast(risk_score as double) * 1000000 + 0.5) as risk_millionths,
    unix_micros(cast(authorized_at as timestamp)) as authorized_at, unix_micros(cast(completed_at as timestamp)) as completed_at,
    unix_micros(cast(created_at as timestamp)) as created_at, nullif(source_system, '') as source_system, nullif(decline_reason, '') as decline_reason,
    array_position(
      array('PENDING', 'AUTHORIZED', 'APPROVED', 'CAPTURED', 'SETTLED', 'DECLINED', 'FAILED', 'CANCELLED', 'VOIDED', 'EXPIRED', 'REFUNDED', 'CHARGEBACK'), status
    ) as status_rank
  from raw
),
good as (
  select
    *,
    cast(conv(substr(md5(concat_ws('|',
      payment_id, merchant_id,
      coalesce(replace(replace(replace(user_id, '%', '%25'), '|', '%7C'), '~', '%7E'), '~'),
      cast(amount_cents as string), currency, status,
      coalesce(replace(replace(replace(payment_method, '%', '%25'), '|', '%7C'), '~', '%7E'), '~'),
      coalesce(cast(cast(risk_millionths as bigint) as string), '~'),
      coalesce(cast(authorized_at as string), '~'), coalesce(cast(completed_at as string), '~'), cast(created_at as string),
      coalesce(replace(replace(replace(source_system, '%', '%25'), '|', '%7C'), '~', '%7E'), '~'),
      coalesce(replace(replace(replace(decline_reason, '%', '%25'), '|', '%7C'), '~', '%7E'), '~')
    )), 1, 15), 16, 10) as bigint) as row_hash
  from typed
  where payment_id <> '' and merchant_id <> '' and amount_cents >= 0 and length(currency) = 3 and status_rank > 0 and created_at is not null
),
ranked as (
  select *, row_number() over (partition by payment_id order by created_at desc, status_rank desc, row_hash desc) as place
  from good
)
select
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_millionths / 1000000 as risk_score,
  timestamp_micros(authorized_at) as authorized_at, timestamp_micros(completed_at) as completed_at, timestamp_micros(created_at) as created_at,
  source_system, decline_reason,
  cast(timestamp_micros(created_at) as date) as dt,
  hour(timestamp_micros(created_at)) as hour,
  cast(floor((completed_at - authorized_at) / 1000) as bigint) as authorized_to_complete_ms,
  status = 'APPROVED' as is_approved,
  status = 'REFUNDED' as is_refunded,
  current_timestamp() as processed_at,
  1 as curated_version,
  timestamp_micros({landing_hour}) as landing_hour,
  row_hash
from ranked
where place = 1;
