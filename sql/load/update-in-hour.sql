-- What the hour's revision says now of payments that the hour has. `on conflict` would look for each row twice and lock it before it is
-- written, a record of the log each. Rows that the hour does not have are left to replace-in-hour.sql.
update hour_payments h set
  created_at = a.created_at,
  status_rank = array_position($2::text[], a.status),
  row_hash = a.row_hash,
  currency = a.currency,
  status = a.status,
  amount_cents = a.amount_cents,
  dt = a.dt,
  merchant_id = a.merchant_id
from arrived a
where h.landing_hour = $1
  and h.payment_id = a.payment_id
  and (h.created_at, h.status_rank, h.row_hash, h.currency, h.status, h.amount_cents, h.dt, h.merchant_id)
    is distinct from (
      a.created_at, array_position($2::text[], a.status), a.row_hash, a.currency, a.status, a.amount_cents, a.dt, a.merchant_id
    );
