-- A run that says everything says what the hour is: whatever else is kept of the hour goes.
insert into verdicts (payment_id, op, verdict)
select h.payment_id, 2, 'contested'
from hour_payments h
where h.landing_hour = $1
  and not exists (select from arrived a where a.payment_id = h.payment_id)
  and not exists (select from retracted r where r.payment_id = h.payment_id);
