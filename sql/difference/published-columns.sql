-- What does a published record carry of each row? Instants as epoch microseconds: they may not pass through a text or a double.
-- In the order of the keys: a load that takes them so finds its places in Postgres' indexes one after the other.
select
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score,
  unix_micros(authorized_at) as authorized_at,
  unix_micros(completed_at) as completed_at,
  unix_micros(created_at) as created_at,
  source_system, decline_reason,
  cast(dt as string) as dt,
  hour, authorized_to_complete_ms, is_approved, is_refunded,
  unix_micros(processed_at) as processed_at,
  curated_version,
  unix_micros(landing_hour) as landing_hour,
  row_hash,
  is_new
from rows_to_publish
order by payment_id
