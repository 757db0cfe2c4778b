-- A round of an hour's workflow is over.
update ledger.runs
set revision = $3, unchanged = $4, state = $5, message = $6, ended_at = clock_timestamp()
where workflow_run_id = $1 and round = $2;
