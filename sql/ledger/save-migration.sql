-- Write down a migration that was applied.
insert into ledger.migrations (number, name, checksum)
values ($1, $2, $3);
