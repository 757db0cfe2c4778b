-- Roll-ups of a day are about to be made again. A retry finds it planned.
insert into ledger.rollup_repairs (reconciliation_id, cells, causes, differences_key, approved_by)
values ($1, $2, $3, $4, $5)
on conflict do nothing;
