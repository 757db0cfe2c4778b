-- Who asked for the hour, and what came of it?
select workflow_run_id, round, landing_hour, workflow_id, kind, requested_by, revision, unchanged, state, message, started_at, ended_at
from ledger.runs
where landing_hour = $1
order by started_at, round;
