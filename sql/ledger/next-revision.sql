-- Take the hour's next number; it is never given again.
update ledger.hours
set last_revision = last_revision + 1, state = 'open', updated_at = clock_timestamp()
where landing_hour = $1
returning last_revision, loaded_revision;
