-- Is Postgres being made again from the lake, so that it has not all hours yet?
create table ledger.rebuilds (
  workflow_run_id text        primary key,
  requested_by    text        not null,
  hours_unknown   integer     not null check (hours_unknown > 0),
  began_at        timestamptz not null default clock_timestamp(),
  ended_at        timestamptz
);

comment on table ledger.rebuilds is 'Rebuildings that began while the lake showed hours of which the ledger knew nothing. Rows are never deleted.';
comment on column ledger.rebuilds.workflow_run_id is 'Of the first execution: it goes on as others.';
comment on column ledger.rebuilds.hours_unknown is 'Hours of the lake that the ledger did not know when it began.';
comment on column ledger.rebuilds.ended_at is 'Null: Postgres lacks hours, so reports are answered by the lake. A later one that ends with every hour ends all of them.';

grant select on ledger.rebuilds to sluice_loader, sluice_reader;
grant insert, update on ledger.rebuilds to sluice_loader;
