-- What the hour's revision says now. A row that says the same already is not written again.
insert into hour_payments as h (
  landing_hour, payment_id, created_at, status_rank, row_hash, currency, status, amount_cents, dt, merchant_id
)
select $1, payment_id, created_at, array_position($2::text[], status), row_hash, currency, status, amount_cents, dt, merchant_id
from arrived
on conflict (landing_hour, payment_id) do update set
  created_at = excluded.created_at,
  status_rank = excluded.status_rank,
  row_hash = excluded.row_hash,
  currency = excluded.currency,
  status = excluded.status,
  amount_cents = excluded.amount_cents,
  dt = excluded.dt,
  merchant_id = excluded.merchant_id
where (h.created_at, h.status_rank, h.row_hash, h.currency, h.status, h.amount_cents, h.dt, h.merchant_id)
  is distinct from (
    excluded.created_at, excluded.status_rank, excluded.row_hash, excluded.currency, excluded.status, excluded.amount_cents,
    excluded.dt, excluded.merchant_id
  );
