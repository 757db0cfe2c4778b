-- Every hour of the lake is in Postgres: also what a rebuilding that was cut off had left.
update ledger.rebuilds
set ended_at = clock_timestamp()
where ended_at is null;
