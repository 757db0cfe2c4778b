-- The rows of several files as one, in the order in which curate writes them. Reads `rows_to_sum`.
select /*+ repartition(1) */
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score,
  cast(authorized_at as timestamp_ntz) as authorized_at,
  cast(completed_at as timestamp_ntz) as completed_at,
  cast(created_at as timestamp_ntz) as created_at,
  source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded,
  cast(processed_at as timestamp_ntz) as processed_at,
  curated_version,
  cast(landing_hour as timestamp_ntz) as landing_hour,
  row_hash
from rows_to_sum
sort by created_at, payment_id
