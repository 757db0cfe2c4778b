-- A round of an hour's workflow begins. A retry finds it begun.
insert into ledger.runs (workflow_run_id, round, landing_hour, workflow_id, kind, requested_by)
values ($1, $2, $3, $4, $5, $6)
on conflict do nothing;
