-- Who wins each payment of the run, this hour's row or the one that is there? A payment that nobody had is this hour's without a
-- verdict: in a first load that is every one.
-- The row that is there was the greatest of all hours. Against another hour's, comparing the two is enough. Where it is our own
-- and we take it back or lower it, or where everything is published to repair something, all hours must be asked: contested.
insert into verdicts (payment_id, op, verdict)
select
  a.payment_id,
  a.op,
  case
    when $3 then 'contested'
    when a.op = 2 and c.landing_hour = $1 then 'contested'
    when a.op = 2 then 'none'
    when c.landing_hour = $1 and c.row_hash = a.row_hash then 'already_there'
    when (a.created_at, array_position($2::text[], a.status), a.row_hash, $1::timestamptz)
      > (c.created_at, array_position($2::text[], c.status), c.row_hash, c.landing_hour) then 'updated'
    when c.landing_hour = $1 then 'contested'
    else 'stale'
  end
from arrived a
left join curated_payments c using (payment_id)
where $3 or a.op = 2 or c.payment_id is not null;
