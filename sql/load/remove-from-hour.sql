-- Payments that the hour's revision no longer has.
delete from hour_payments h
using (
  select payment_id from retracted
  union
  select payment_id from verdicts where op = 2
) gone
where h.landing_hour = $1 and h.payment_id = gone.payment_id;
