-- The same rows in the same order as published-columns.sql gives them, all texts of a row in one, with how many bytes each has of it: asking
-- for a text is dear, a byte is not.
select
  concat(payment_id, merchant_id, user_id, currency, status, payment_method, source_system, decline_reason) as texts,
  strlen(payment_id) as payment_id,
  strlen(merchant_id) as merchant_id,
  strlen(user_id) as user_id,
  amount_cents,
  strlen(currency) as currency,
  strlen(status) as status,
  strlen(payment_method) as payment_method,
  risk_score,
  epoch_us(authorized_at) as authorized_at,
  epoch_us(completed_at) as completed_at,
  epoch_us(created_at) as created_at,
  strlen(source_system) as source_system,
  strlen(decline_reason) as decline_reason,
  dt, hour, authorized_to_complete_ms, is_approved, is_refunded,
  epoch_us(processed_at) as processed_at,
  curated_version,
  epoch_us(landing_hour) as landing_hour,
  row_hash,
  is_new
from rows_to_publish
order by rows_to_publish.payment_id
