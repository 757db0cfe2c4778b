-- The payments of an hour that has none yet: a first load. Otherwise nothing, and replace-in-hour.sql is for it: `on conflict` looks for
-- each row twice, which a first load need not.
insert into hour_payments (
  landing_hour, payment_id, created_at, status_rank, row_hash, currency, status, amount_cents, dt, merchant_id
)
select $1, payment_id, created_at, array_position($2::text[], status), row_hash, currency, status, amount_cents, dt, merchant_id
from arrived
where not exists (select from hour_payments where landing_hour = $1);
