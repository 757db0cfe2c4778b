-- The revision's files are in the lake.
update ledger.report_revisions
set html_key = $4
where date = $1 and merchant_id = $2 and revision = $3;
