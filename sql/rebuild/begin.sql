-- Hours of the lake are missing in Postgres from here on, until every one of them is there again. A retry finds it noted.
insert into ledger.rebuilds (workflow_run_id, requested_by, hours_unknown)
values ($1, $2, $3)
on conflict do nothing;
