-- A case was landed again as a line of a new object. Twice is once.
insert into ledger.redrives (case_id, object, line_number, by)
values ($1, $2, $3, $4)
on conflict do nothing;
