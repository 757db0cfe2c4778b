-- What the hour's revision says now of payments that the hour has. `on conflict` would look for each row twice and lock it before it is
-- written, a record of the log each. Rows that the hour does not have are left to replace-in-hour.sql.
-- All that has arrived is of one hour, and it is not given: an hour that Postgres has not looked at yet is to its planner as good as empty,
-- and it would go over all that has arrived once for each of the hour's rows.
update hour_payments h set
  created_at = a.created_at,
  status_rank = array_position($1::text[], a.status),
  row_hash = a.row_hash,
  currency = a.currency,
  status = a.status,
  amount_cents = a.amount_cents,
  dt = a.dt,
  merchant_id = a.merchant_id
from arrived a
where h.landing_hour = a.landing_hour
  and h.payment_id = a.payment_id
  and (h.created_at, h.status_rank, h.row_hash, h.currency, h.status, h.amount_cents, h.dt, h.merchant_id)
    is distinct from (
      a.created_at, array_position($1::text[], a.status), a.row_hash, a.currency, a.status, a.amount_cents, a.dt, a.merchant_id
    );
