-- What do curated files say? Reads `files`. Filled in: wanted, which of the rows count; true for all.
-- Files have instants without a zone, and the statements that both engines know read instants of UTC. Nobody asks Spark for a row's file.
select
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score,
  cast(authorized_at as timestamp) as authorized_at,
  cast(completed_at as timestamp) as completed_at,
  cast(created_at as timestamp) as created_at,
  source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded,
  cast(processed_at as timestamp) as processed_at,
  curated_version,
  cast(landing_hour as timestamp) as landing_hour,
  row_hash,
  cast(null as string) as filename
from files
where ${wanted}
