-- What did a day's report say, revision by revision? The newest first; $3: at most so many, null for all.
select date, merchant_id, revision, numbers, hours, brought, as_of, rests_on, requested_by, rendered_at, seen_hours, seen_at, html_key
from ledger.report_revisions
where date = $1 and merchant_id = $2
order by revision desc
limit $3;
