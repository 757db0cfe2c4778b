-- What does each hour's loaded revision say of the payment?
select p.landing_hour, h.state, h.loaded_revision, p.created_at, p.status, p.currency, p.amount_cents, p.dt, p.merchant_id, p.row_hash
from hour_payments p
left join ledger.hours h using (landing_hour)
where p.payment_id = $1
order by p.created_at, p.status_rank, p.row_hash, p.landing_hour;
