-- How are roll-ups of a day put right that are not what its payments add up to, and who let it be done?
create table ledger.rollup_repairs (
  reconciliation_id text        primary key references ledger.reconciliations,
  cells             integer     not null check (cells > 0),
  causes            jsonb       not null,
  differences_key   text        not null,
  approved_by       text        not null,
  planned_at        timestamptz not null default clock_timestamp(),
  done_at           timestamptz,
  outcome           text        check (outcome in ('healed', 'failed')),
  message           text
);

comment on table ledger.rollup_repairs is 'Roll-ups of a reconciliation''s day made again: written down before it is done. Rows are never deleted.';
comment on column ledger.rollup_repairs.cells is 'That differed; causes says how, and the object of the lake differences_key which.';
comment on column ledger.rollup_repairs.outcome is 'After the day''s roll-ups were compared again; null: not compared again yet.';

alter table ledger.rollup_repairs enable row level security;
create policy readers on ledger.rollup_repairs for select to sluice_reader
  using ((select coalesce(nullif(current_setting('sluice.merchant', true), ''), '*')) = '*');
create policy loaders on ledger.rollup_repairs to sluice_loader using (true) with check (true);

grant select on ledger.rollup_repairs to sluice_loader, sluice_reader;
grant insert, update on ledger.rollup_repairs to sluice_loader;

-- Nobody but the payments' triggers writes a roll-up, and this: the same text as rollups.fill() over one day's payments, and only for a
-- note in the ledger that is not done. Behind the lock of the triggers, so that a load's difference is in the payments or still to come.
do $do$
declare
  filled constant text := (select prosrc from pg_proc where oid = 'rollups.fill()'::regprocedure);
  emptied constant text := 'begin truncate rollups.totals, rollups.declines, rollups.latency, rollups.longest, rollups.hours;';
  every_day constant text := 'landing_hour from public.curated_payments';
  head constant text := $body$
declare
  of_day date;
begin
  perform pg_advisory_xact_lock(735842, 0);
  select day.date into of_day
  from ledger.rollup_repairs planned
  join ledger.reconciliations day using (reconciliation_id)
  where planned.reconciliation_id = of_reconciliation and planned.done_at is null
  for update of planned;
  if not found then return false; end if;
  update rollups.days set revision = nextval('rollups.revisions'), changed_at = clock_timestamp() where dt = of_day;
  delete from rollups.totals where dt = of_day;
  delete from rollups.declines where dt = of_day;
  delete from rollups.latency where dt = of_day;
  delete from rollups.longest where dt = of_day;
  delete from rollups.hours where dt = of_day;
$body$;
  tail constant text := $body$
  update ledger.rollup_repairs set done_at = clock_timestamp() where reconciliation_id = of_reconciliation;
  return true;
end
$body$;
  body text;
begin
  if left(filled, length(emptied)) <> emptied or right(filled, 3) <> 'end' or strpos(filled, every_day) = 0 then
    raise exception 'rollups.fill() is not the one of migration 0010: the roll-ups'' repair cannot be made of it';
  end if;
  body := substr(filled, length(emptied) + 1, length(filled) - length(emptied) - 3);
  execute format('create function rollups.mend(of_reconciliation text) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as %L',
    head || replace(body, every_day, every_day || ' where dt = of_day') || tail);
end
$do$;

comment on function rollups.mend(text) is 'Makes the roll-ups of a reconciliation''s day again, once, if ledger.rollup_repairs has a note of it. False: there is none, or it is done.';

revoke execute on function rollups.mend(text) from public;
grant execute on function rollups.mend(text) to sluice_loader;
