-- The numbers are still these, over these hours.
update ledger.report_revisions
set seen_hours = $4, rests_on = $5, seen_at = clock_timestamp()
where date = $1 and merchant_id = $2 and revision = $3;
