-- Who wins each payment of a run that says everything? Nothing that is there is believed, so all hours are asked for each payment, one by
-- one as in decide.sql. A payment whose row is there as it should be has no verdict: of most runs that is nearly every one.
insert into verdicts (payment_id, op, verdict)
select
  a.payment_id,
  1,
  case
    when rival.found then 'contested'
    when c.payment_id is null then 'won'
    else 'updated'
  end
from arrived a
left join curated_payments c using (payment_id)
left join lateral (
  select true as found
  from hour_payments h
  where h.payment_id = a.payment_id and h.landing_hour <> $1
  limit 1
) rival on true
where rival.found
  or c.payment_id is null
  or c.landing_hour <> $1
  or (c.row_hash, c.created_at, c.currency, c.status, c.amount_cents, c.merchant_id, c.dt)
    <> (a.row_hash, a.created_at, a.currency, a.status, a.amount_cents, a.merchant_id, a.dt);
