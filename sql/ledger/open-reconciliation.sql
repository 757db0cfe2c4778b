-- A reconciliation of a day begins. A retry finds it begun; one that was terminated under the same workflow id is over.
with cut_off as (
  update ledger.reconciliations
  set state = 'failed', message = 'it was cut off; another one was started after it', finished_at = clock_timestamp()
  where workflow_id = $6 and reconciliation_id <> $1 and finished_at is null
    and not exists (select from ledger.reconciliations newer where newer.reconciliation_id = $1)
)
insert into ledger.reconciliations (reconciliation_id, date, mode, deep, requested_by, workflow_id, workflow_run_id)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing;
