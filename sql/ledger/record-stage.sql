-- What a stage learned. Of two attempts the one that ended last is kept.
insert into ledger.stages (landing_hour, revision, stage, attempt, started_at, finished_at, seconds, worker, result)
values (
  $1, $2, $3, $4, $5, $5::timestamptz + make_interval(secs => $6::double precision), $6::double precision, $7, $8
)
on conflict (landing_hour, revision, stage) do update set
  attempt = excluded.attempt,
  started_at = excluded.started_at,
  finished_at = excluded.finished_at,
  seconds = excluded.seconds,
  worker = excluded.worker,
  result = excluded.result;
