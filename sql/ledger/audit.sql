-- Write down who did what.
insert into ledger.audit (who, what, detail)
values ($1, $2, $3);
