-- A reconciliation ended without a report. One that has its report keeps it.
update ledger.reconciliations
set state = $2, message = $3, finished_at = clock_timestamp()
where reconciliation_id = $1 and finished_at is null;
