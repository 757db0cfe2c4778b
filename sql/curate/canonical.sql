-- What is the canonical text of a row's content (CONTRACT §2)? Instants in epoch microseconds, `amount`, `risk_millionths`.
concat_ws('|',
  payment_id,
  merchant_id,
  coalesce(replace(replace(replace(user_id, '%', '%25'), '|', '%7C'), '~', '%7E'), '~'),
  cast(amount as string),
  currency,
  status,
  coalesce(replace(replace(replace(payment_method, '%', '%25'), '|', '%7C'), '~', '%7E'), '~'),
  coalesce(cast(cast(risk_millionths as bigint) as string), '~'),
  coalesce(cast(authorized_at as string), '~'),
  coalesce(cast(completed_at as string), '~'),
  cast(created_at as string),
  coalesce(replace(replace(replace(source_system, '%', '%25'), '|', '%7C'), '~', '%7E'), '~'),
  coalesce(replace(replace(replace(decline_reason, '%', '%25'), '|', '%7C'), '~', '%7E'), '~')
)
