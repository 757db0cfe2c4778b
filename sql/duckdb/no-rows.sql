-- No row at all, with the curated columns.
select ${columns} limit 0
