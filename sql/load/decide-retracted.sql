-- Who has each payment that the run takes back? Where the row that is there is ours, or where nothing that is there is believed, all
-- hours are asked, as in decide.sql: one that none of them has is gone. Another hour's row stays.
insert into verdicts (payment_id, op, verdict)
select
  r.payment_id,
  2,
  case
    when rival.found then 'contested'
    when asked.all_hours then 'gone'
    else 'none'
  end
from retracted r
left join curated_payments c using (payment_id)
cross join lateral (
  select $2 or c.landing_hour = $1 as all_hours
) asked
left join lateral (
  select true as found
  from hour_payments h
  where asked.all_hours and h.payment_id = r.payment_id and h.landing_hour <> $1
  limit 1
) rival on true;
