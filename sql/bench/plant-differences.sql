-- What if somebody changed single payments of a day by hand? $3 cents on $2 rows of hour_payments, the same rows each time.
-- Not in the order of the key's own hash: they would lie in one bucket, which is the cheapest case there is.
update hour_payments
set amount_cents = amount_cents + $3
where (landing_hour, payment_id) in (
  select landing_hour, payment_id
  from hour_payments
  where landing_hour >= $1 and landing_hour < $1::timestamptz + interval '1 day'
  order by md5('planted ' || payment_id)
  limit $2
);
