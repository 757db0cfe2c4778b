-- Keep what a revision of a day's report says. Somebody else's of that number stands.
insert into ledger.report_revisions (date, merchant_id, revision, numbers, hours, brought, as_of, rests_on, requested_by, seen_hours)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $5)
on conflict do nothing;
