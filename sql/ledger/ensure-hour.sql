-- Make the hour known, so that its row can be locked.
insert into ledger.hours (landing_hour)
values ($1)
on conflict do nothing;
