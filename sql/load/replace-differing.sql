-- What the hour's revision says now, of a run that says everything. What the hour has already is left out first: `on conflict` locks each
-- row that it finds. Here the whole hour is read, so that other runs have replace-in-hour.sql.
insert into hour_payments as h (
  landing_hour, payment_id, created_at, status_rank, row_hash, currency, status, amount_cents, dt, merchant_id
)
select $1, payment_id, created_at, array_position($2::text[], status), row_hash, currency, status, amount_cents, dt, merchant_id
from arrived a
where not exists (
  select
  from hour_payments t
  where t.landing_hour = $1
    and t.payment_id = a.payment_id
    and (t.created_at, t.status_rank, t.row_hash, t.currency, t.status, t.amount_cents, t.dt, t.merchant_id)
      is not distinct from (
        a.created_at, array_position($2::text[], a.status), a.row_hash, a.currency, a.status, a.amount_cents, a.dt, a.merchant_id
      )
)
on conflict (landing_hour, payment_id) do update set
  created_at = excluded.created_at,
  status_rank = excluded.status_rank,
  row_hash = excluded.row_hash,
  currency = excluded.currency,
  status = excluded.status,
  amount_cents = excluded.amount_cents,
  dt = excluded.dt,
  merchant_id = excluded.merchant_id;
