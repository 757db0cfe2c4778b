-- Nobody else may decide the winner of a payment that this run touches until we have committed.
-- Row locks will not do: two hours that bring the same new payment have no row to lock, each would look for other hours' rows
-- before the other's are to be seen, and a winner would be lost. So keys are locked by bucket, whether they are there or not,
-- in the order of the buckets, so that two loads never wait for each other in a circle. 256 and not more: each is an entry of
-- the server's lock table. A run of thousands of payments takes all of them, without a look at each payment; such loads merge one
-- after another, while their records still arrive at the same time.
with touched as (
  select payment_id from arrived
  union all
  select payment_id from retracted
  union all
  select payment_id from hour_payments where $3 and landing_hour = $2
),
many as materialized (
  select count(*) > 5000 as payments from (select from touched limit 5001) as beginning
)
select count(pg_advisory_xact_lock($1, bucket)) as locked
from (
  select bucket from generate_series(0, 255) as bucket where (select payments from many)
  union
  select hashtext(payment_id) & 255 from touched where not (select payments from many)
  order by bucket
) buckets;
