-- Which hours of hour_payments were right when they were last compared, so that the next comparison looks at what was written since?
create table ledger.compared_hours (
  landing_hour timestamptz primary key references ledger.hours,
  revision     integer     not null,
  settled      xid8        not null,
  noted_in     xid8        not null default pg_current_xact_id(),
  compared_at  timestamptz not null default clock_timestamp()
);

comment on table ledger.compared_hours is 'Hours of which every row of hour_payments was held against what was proven, and was right.';
comment on column ledger.compared_hours.settled is 'Every transaction before this one was over when the rows were read: a row that carries an older number is as it was then.';
comment on column ledger.compared_hours.noted_in is 'The transaction that wrote this row. Where the row carries another, it was copied by a dump, and settled says nothing here.';

alter table ledger.compared_hours enable row level security;
create policy readers on ledger.compared_hours for select to sluice_reader
  using ((select coalesce(nullif(current_setting('sluice.merchant', true), ''), '*')) = '*');
create policy loaders on ledger.compared_hours to sluice_loader using (true) with check (true);

grant select on ledger.compared_hours to sluice_loader, sluice_reader;
grant insert, update on ledger.compared_hours to sluice_loader;
