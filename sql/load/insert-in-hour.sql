-- The payments of an hour that had none: a first load. Without `on conflict`, which looks for each row twice. Filled in: arrived, or a part
-- of it.
insert into hour_payments (
  landing_hour, payment_id, created_at, status_rank, row_hash, currency, status, amount_cents, dt, merchant_id
)
select $1, payment_id, created_at, array_position($2::text[], status), row_hash, currency, status, amount_cents, dt, merchant_id
from ${arrived}
where op = 1
order by payment_id;
