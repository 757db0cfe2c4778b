-- The backfills that started before a place in the list, the one that started last first. Replaced: it never said its end, and another one of its range began.
select backfill_run, state, status, ending, started_at,
  ended_at is null and exists (
    select from ledger.backfills newer where newer.backfill_id = b.backfill_id and newer.started_at > b.started_at
  ) as replaced
from ledger.backfills b
where $2::timestamptz is null or (started_at, backfill_run) < ($2, $3::text)
order by started_at desc, backfill_run desc
limit $1;
