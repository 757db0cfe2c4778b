-- Where a backfill stands, as it says itself. A note that comes after a later one changes nothing.
insert into ledger.backfills (backfill_run, state, status, ending, started_at, noted_at, ended_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (backfill_run) do update
set state = excluded.state, status = excluded.status, ending = excluded.ending, noted_at = excluded.noted_at, ended_at = excluded.ended_at
where backfills.noted_at <= excluded.noted_at;
