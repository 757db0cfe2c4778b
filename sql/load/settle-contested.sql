-- Who wins each contested payment over all hours?
-- gone: no hour has it; back: another hour's row wins and must be read from the lake; none: that row is there already.
with contested as (
  delete from verdicts
  where verdict = 'contested'
  returning payment_id, op
), greatest_row as (
  select distinct on (h.payment_id) h.payment_id, h.landing_hour, h.dt, h.merchant_id, h.row_hash
  from contested
  join hour_payments h using (payment_id)
  order by h.payment_id, h.created_at desc, h.status_rank desc, h.row_hash desc, h.landing_hour desc
)
insert into verdicts (payment_id, op, verdict, winner_hour, winner_dt, winner_merchant, winner_hash)
select
  payment_id,
  contested.op,
  case
    when w.payment_id is null then 'gone'
    when w.landing_hour = $1 and c.payment_id is null then 'won'
    when w.landing_hour = $1 and c.landing_hour = $1
      and (c.row_hash, c.created_at, c.currency, c.status, c.amount_cents, c.merchant_id, c.dt)
        = (a.row_hash, a.created_at, a.currency, a.status, a.amount_cents, a.merchant_id, a.dt) then 'already_there'
    when w.landing_hour = $1 then 'updated'
    when c.landing_hour = w.landing_hour and c.row_hash = w.row_hash then 'none'
    else 'back'
  end,
  w.landing_hour,
  w.dt,
  w.merchant_id,
  w.row_hash
from contested
left join greatest_row w using (payment_id)
left join curated_payments c using (payment_id)
left join arrived a using (payment_id);
