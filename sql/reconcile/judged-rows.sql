-- Of each row: its bucket and the part of it, what a comparison looks at, and which kept columns are not what the row's fields say. Reads `anew`.
select
  cast(conv(substr(md5(coalesce(payment_id, '')), 1, 2), 16, 10) as int) as bucket,
  cast(conv(substr(md5(coalesce(payment_id, '')), 1, 4), 16, 10) as int) as part,
  payment_id,
  unix_micros(created_at) as created_micros,
  status,
  currency,
  amount_cents,
  row_hash,
  cast(kept_dt as string) as dt,
  merchant_id,
  conv(substr(md5(concat_ws('|',
    payment_id, cast(unix_micros(created_at) as string), status, currency, cast(amount_cents as string), cast(row_hash as string),
    cast(kept_dt as string), merchant_id
  )), 1, 15), 16, 10) as content,
  kept_in,
  concat_ws(',',
    case when kept_row_hash is distinct from row_hash then 'row_hash' end,
    case when kept_dt is distinct from dt then 'dt' end,
    case when kept_hour is distinct from hour then 'hour' end,
    case when kept_authorized_to_complete_ms is distinct from authorized_to_complete_ms then 'authorized_to_complete_ms' end,
    case when kept_is_approved is distinct from is_approved then 'is_approved' end,
    case when kept_is_refunded is distinct from is_refunded then 'is_refunded' end,
    case when kept_processed_at is distinct from processed_at then 'processed_at' end,
    case when kept_curated_version is distinct from curated_version then 'curated_version' end,
    case when kept_landing_hour is distinct from landing_hour then 'landing_hour' end
  ) as flaws
from anew
