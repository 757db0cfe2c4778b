-- Curate has told how many lines of the revision were refused.
update ledger.revisions
set dead_lettered = $3
where landing_hour = $1 and revision = $2;
