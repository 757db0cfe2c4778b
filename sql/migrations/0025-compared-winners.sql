-- Which hours' winners were right when they were last compared, so that the next comparison makes anew the hashes of those alone that were written since?
create table ledger.compared_winners (
  landing_hour timestamptz primary key references ledger.hours,
  settled      xid8        not null,
  noted_in     xid8        not null default pg_current_xact_id(),
  compared_at  timestamptz not null default clock_timestamp()
);

comment on table ledger.compared_winners is 'Hours of whose winners in curated_payments every one was compared, and was right.';
comment on column ledger.compared_winners.settled is 'Every transaction before this one was over when the rows were read: a row that carries an older number is as it was then.';
comment on column ledger.compared_winners.noted_in is 'The transaction that wrote this row. Where the row carries another, it was copied by a dump, and settled says nothing here.';

alter table ledger.compared_winners enable row level security;
create policy readers on ledger.compared_winners for select to sluice_reader
  using ((select coalesce(nullif(current_setting('sluice.merchant', true), ''), '*')) = '*');
create policy loaders on ledger.compared_winners to sluice_loader using (true) with check (true);

grant select on ledger.compared_winners to sluice_loader, sluice_reader;
grant insert, update on ledger.compared_winners to sluice_loader;
