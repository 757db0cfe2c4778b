-- Nothing has landed by the deadline. An hour that was run before is not missing, whatever its objects are now.
update ledger.hours
set state = 'missing', deadline = $2, updated_at = clock_timestamp()
where landing_hour = $1 and last_revision = 0 and state <> 'missing';
