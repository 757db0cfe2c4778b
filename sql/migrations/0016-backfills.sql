-- Which backfills were there, who asked, and how did each end? Temporal forgets those that are over after its retention.
create table ledger.backfills (
  backfill_run text        primary key,
  state        text        not null check (state in ('running', 'paused', 'ending', 'done', 'stopped', 'cancelled')),
  status       jsonb       not null,
  ending       jsonb,
  started_at   timestamptz not null,
  noted_at     timestamptz not null,
  ended_at     timestamptz,
  backfill_id  text        generated always as (status ->> 'backfillId') stored,
  requested_by text        generated always as (status ->> 'by') stored
);

create index backfills_by_start on ledger.backfills (started_at, backfill_run);
create index backfills_by_id on ledger.backfills (backfill_id, started_at);

comment on table ledger.backfills is 'One row a backfill, as it noted itself when each of its runs began and when it was over. Rows are never deleted.';
comment on column ledger.backfills.backfill_run is 'Run id of its first execution: a range may be backfilled more than once.';
comment on column ledger.backfills.state is 'As it was noted last: where one stands that goes on, Temporal knows. Without ended_at and with a newer row of its id it was cut off.';
comment on column ledger.backfills.ending is 'Hours that are not proven or were skipped, by name; null while it goes on.';

alter table ledger.backfills enable row level security;
create policy readers on ledger.backfills for select to sluice_reader using
  ((select coalesce(nullif(current_setting('sluice.merchant', true), ''), '*')) = '*');
create policy loaders on ledger.backfills to sluice_loader using (true) with check (true);

grant select on ledger.backfills to sluice_loader, sluice_reader;
grant insert, update on ledger.backfills to sluice_loader;
