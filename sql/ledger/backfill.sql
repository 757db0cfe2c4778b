-- One backfill of an id: the one of a run, or the one that started last.
select backfill_run, state, status, ending, started_at,
  ended_at is null and exists (
    select from ledger.backfills newer where newer.backfill_id = b.backfill_id and newer.started_at > b.started_at
  ) as replaced
from ledger.backfills b
where backfill_id = $1 and ($2::text is null or backfill_run = $2)
order by started_at desc, backfill_run desc
limit 1;
