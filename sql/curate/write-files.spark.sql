-- The curated rows as they go into files: one a day and merchant, sorted by created_at. Filled in: rows.
-- Instants are without a zone, as DuckDB writes them. The two columns that the writer takes out for its folders are given once more, so
-- that the file keeps its own; they are never null, or the writer would sort anew.
select
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score,
  cast(authorized_at as timestamp_ntz) as authorized_at,
  cast(completed_at as timestamp_ntz) as completed_at,
  cast(created_at as timestamp_ntz) as created_at,
  source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded,
  cast(processed_at as timestamp_ntz) as processed_at,
  curated_version,
  cast(landing_hour as timestamp_ntz) as landing_hour,
  row_hash,
  dt as p_dt,
  coalesce(merchant_id, '') as p_merchant
from (${rows})
distribute by p_dt, p_merchant
sort by p_dt, p_merchant, created_at, payment_id
