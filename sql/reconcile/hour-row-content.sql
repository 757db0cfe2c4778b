-- A hash over all that hour_payments keeps of a row, so that none of its columns can differ unseen. Of `p`, a row of hour_payments.
('x' || substr(md5(concat_ws('|',
  p.payment_id,
  case when isfinite(p.created_at) then (extract(epoch from p.created_at) * 1000000)::bigint end,
  p.status, p.currency, p.amount_cents, p.row_hash, p.dt, p.merchant_id
)), 1, 15))::bit(60)::bigint
