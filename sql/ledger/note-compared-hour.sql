-- Every row of the hour was right, as a view saw it in which all transactions before `settled` were over.
insert into ledger.compared_hours (landing_hour, revision, settled)
values ($1, $2, $3::xid8)
on conflict (landing_hour) do update
set revision = excluded.revision, settled = excluded.settled, noted_in = excluded.noted_in, compared_at = excluded.compared_at;
