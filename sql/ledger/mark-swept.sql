-- The files of this revision are gone from the lake.
update ledger.revisions
set swept_at = coalesce(swept_at, clock_timestamp())
where landing_hour = $1 and revision = $2;
