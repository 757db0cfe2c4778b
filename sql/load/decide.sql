-- Who wins each payment of the run, this hour's row or the one that is there? A payment that nobody had is this hour's without a
-- verdict: in a first load that is every one.
-- The row that is there was the greatest of all hours. Against another hour's, comparing the two is enough. Where it is our own
-- and we lower it, all hours must be asked: where another one has the payment too it is contested, and where none has it there is nobody
-- to win against. Whether one has it is looked for payment by payment: a join with all hours' payments would be planned by what Postgres
-- last noted of them. A run that says everything has decide-whole.sql.
-- Of both sides only what lies between two keys is joined (known-range.sql), all of it where these are null.
insert into verdicts (payment_id, op, verdict)
select
  a.payment_id,
  1,
  case
    when rival.found then 'contested'
    when c.landing_hour = $1 and c.row_hash = a.row_hash then 'already_there'
    when asked.all_hours or asked.greater then 'updated'
    else 'stale'
  end
from arrived a
join curated_payments c using (payment_id)
cross join lateral (
  select (a.created_at, array_position($2::text[], a.status), a.row_hash, $1::timestamptz)
    > (c.created_at, array_position($2::text[], c.status), c.row_hash, c.landing_hour) as greater
) compared
cross join lateral (
  select greater, c.landing_hour = $1 and greater is not true and c.row_hash <> a.row_hash as all_hours
) asked
left join lateral (
  select true as found
  from hour_payments h
  where asked.all_hours and h.payment_id = a.payment_id and h.landing_hour <> $1
  limit 1
) rival on true
where $3::text is null or (a.payment_id between $3 and $4 and c.payment_id between $3 and $4);
