-- What is the hash of a row's content? The contract's canonical text; instants in epoch microseconds, `amount`, `risk_millionths`.
cast(conv(substr(md5(concat_ws('|',
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
)), 1, 15), 16, 10) as bigint)
