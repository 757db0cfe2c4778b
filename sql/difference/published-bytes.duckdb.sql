-- The same rows in the same order as published-columns.sql gives them, all texts of a row in one, with how many bytes each has of it: asking
-- for a text is dear, a byte is not.
select
  concat(payment_id, merchant_id, user_id, currency, status, payment_method, source_system, decline_reason) as texts,
  cast(strlen(payment_id) as integer) as payment_id,
  cast(strlen(merchant_id) as integer) as merchant_id,
  cast(strlen(user_id) as integer) as user_id,
  amount_cents,
  cast(strlen(currency) as integer) as currency,
  cast(strlen(status) as integer) as status,
  cast(strlen(payment_method) as integer) as payment_method,
  risk_score,
  epoch_us(authorized_at) as authorized_at,
  epoch_us(completed_at) as completed_at,
  epoch_us(created_at) as created_at,
  cast(strlen(source_system) as integer) as source_system,
  cast(strlen(decline_reason) as integer) as decline_reason,
  dt, hour, authorized_to_complete_ms, is_approved, is_refunded,
  epoch_us(processed_at) as processed_at,
  curated_version,
  epoch_us(landing_hour) as landing_hour,
  row_hash,
  is_new
from rows_to_publish
order by rows_to_publish.payment_id
