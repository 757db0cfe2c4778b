-- What do the payments add up to? Kept by the statements that change them, so that a report need not read the payments.
create schema rollups;

create table rollups.totals (
  merchant_id  text collate "C" not null,
  dt           date             not null,
  currency     text collate "C" not null,
  status       text collate "C" not null,
  payments     bigint           not null,
  amount_cents numeric          not null,
  primary key (merchant_id, dt, currency, status)
);

create table rollups.declines (
  merchant_id    text collate "C" not null,
  dt             date             not null,
  decline_reason text collate "C" not null,
  currency       text collate "C" not null,
  payments       bigint           not null,
  amount_cents   numeric          not null,
  primary key (merchant_id, dt, decline_reason, currency)
);

create table rollups.latency (
  merchant_id    text collate "C" not null,
  dt             date             not null,
  payment_method text collate "C" not null,
  payments       bigint           not null,
  sum_ms         numeric          not null,
  skewed         bigint           not null,
  buckets        smallint[]       not null,
  counts         bigint[]         not null,
  primary key (merchant_id, dt, payment_method)
);

create table rollups.longest (
  merchant_id    text collate "C" not null,
  dt             date             not null,
  payment_method text collate "C" not null,
  max_ms         bigint,
  primary key (merchant_id, dt, payment_method)
);

create index longest_by_day on rollups.longest (dt, payment_method);
create index longest_unknown on rollups.longest (dt) where max_ms is null;

create table rollups.hours (
  dt           date        not null,
  landing_hour timestamptz not null,
  payments     bigint      not null,
  primary key (dt, landing_hour)
);

create table rollups.days (
  dt         date        primary key,
  revision   bigint      not null,
  changed_at timestamptz not null
);

create sequence rollups.revisions;

comment on schema rollups is 'Sums over curated_payments, written by its triggers and by nothing else.';
comment on table rollups.totals is 'Payments and money by merchant, day (dt), currency and status. Merchant * is all of them: no merchant can be called so.';
comment on table rollups.declines is 'The same of payments with status DECLINED, by reason; one without a reason is under unknown.';
comment on table rollups.latency is 'Authorised to completed, by merchant (* all), day and payment method (the empty text: all; unknown: none given).';
comment on column rollups.latency.payments is 'With a duration of 0 or more; those of a negative one, clock skew, are in skewed alone.';
comment on column rollups.latency.buckets is 'Of rollups.latency_bucket, ascending; counts has as many entries. An array and not a row each: a merchant''s day of few payments would have as many rows as payments.';
comment on table rollups.longest is 'The longest duration of each row of rollups.latency, exact. Null only inside the transaction that took it away.';
comment on table rollups.hours is 'From which landing hours a day''s payments come: whose proofs a report rests on.';
comment on table rollups.days is 'A number that is new whenever a payment of the day changes, and when that was.';

-- Milliseconds below 50 are a bucket each; from there each bucket ends 2 % above where it begins (contract/latency.ts).
create function rollups.latency_bucket(ms bigint) returns smallint
language sql immutable strict parallel safe
return (case when ms < 50 then ms else 50 + floor(ln(ms / 50::double precision) / ln(1.02::double precision)) end)::smallint;

-- One text, four functions: rows that came, that went, that did both, and all that are there. {changed} has n = 1 for a row that came
-- and −1 for one that went. One transaction at a time: two that change the same cells in another order would wait for each other in a
-- circle. Loads of more than some hundred payments come one after another as it is (load/lock-keys.sql).
do $do$
declare
  came constant text := 'select 1 as n, merchant_id, dt, currency, status, amount_cents, payment_method, decline_reason, authorized_to_complete_ms as ms, landing_hour from ';
  went constant text := replace(came, 'select 1 as n', 'select -1 as n');
  apply constant text := $body$
  perform pg_advisory_xact_lock(735842, 0);

  insert into rollups.days as t (dt, revision, changed_at)
  select dt, nextval('rollups.revisions'), clock_timestamp()
  from (select distinct dt from ({changed}) changed) touched
  on conflict (dt) do update set revision = excluded.revision, changed_at = excluded.changed_at;

  merge into rollups.hours t
  using (
    select dt, landing_hour, sum(n) as payments
    from ({changed}) changed
    group by dt, landing_hour
    having sum(n) <> 0
  ) s
  on t.dt = s.dt and t.landing_hour = s.landing_hour
  when matched and t.payments + s.payments = 0 then delete
  when matched then update set payments = t.payments + s.payments
  when not matched then insert (dt, landing_hour, payments) values (s.dt, s.landing_hour, s.payments);

  merge into rollups.totals t
  using (
    select coalesce(merchant_id, '*') as merchant_id, dt, currency, status, sum(n) as payments, sum(n * amount_cents) as amount_cents
    from ({changed}) changed
    group by dt, currency, status, grouping sets ((merchant_id), ())
    having sum(n) <> 0 or sum(n * amount_cents) <> 0
  ) s
  on t.merchant_id = s.merchant_id and t.dt = s.dt and t.currency = s.currency and t.status = s.status
  when matched and t.payments + s.payments = 0 and t.amount_cents + s.amount_cents = 0 then delete
  when matched then update set payments = t.payments + s.payments, amount_cents = t.amount_cents + s.amount_cents
  when not matched then
    insert (merchant_id, dt, currency, status, payments, amount_cents)
    values (s.merchant_id, s.dt, s.currency, s.status, s.payments, s.amount_cents);

  merge into rollups.declines t
  using (
    select
      coalesce(merchant_id, '*') as merchant_id, dt, coalesce(decline_reason, 'unknown') collate "C" as decline_reason, currency,
      sum(n) as payments, sum(n * amount_cents) as amount_cents
    from ({changed}) changed
    where status = 'DECLINED'
    group by dt, coalesce(decline_reason, 'unknown') collate "C", currency, grouping sets ((merchant_id), ())
    having sum(n) <> 0 or sum(n * amount_cents) <> 0
  ) s
  on t.merchant_id = s.merchant_id and t.dt = s.dt and t.decline_reason = s.decline_reason and t.currency = s.currency
  when matched and t.payments + s.payments = 0 and t.amount_cents + s.amount_cents = 0 then delete
  when matched then update set payments = t.payments + s.payments, amount_cents = t.amount_cents + s.amount_cents
  when not matched then
    insert (merchant_id, dt, decline_reason, currency, payments, amount_cents)
    values (s.merchant_id, s.dt, s.decline_reason, s.currency, s.payments, s.amount_cents);

  with delta as materialized (
    select
      coalesce(merchant_id, '*') as merchant_id, dt, coalesce(payment_method, '') collate "C" as payment_method, bucket,
      sum(n) as n, sum(n * ms) as ms
    from (
      select n, merchant_id, dt, coalesce(payment_method, 'unknown') as payment_method, ms,
        case when ms < 0 then -1::smallint else rollups.latency_bucket(ms) end as bucket
      from ({changed}) changed
      where ms is not null
    ) timed
    group by dt, bucket, grouping sets ((merchant_id, payment_method), (merchant_id), (payment_method), ())
    having sum(n) <> 0 or sum(n * ms) <> 0
  ), touched as materialized (
    select
      merchant_id, dt, payment_method,
      coalesce(sum(n) filter (where bucket >= 0), 0) as payments,
      coalesce(sum(ms) filter (where bucket >= 0), 0) as sum_ms,
      coalesce(sum(n) filter (where bucket < 0), 0) as skewed
    from delta
    group by merchant_id, dt, payment_method
  ), histograms as (
    select merchant_id, dt, payment_method, array_agg(bucket order by bucket) as buckets, array_agg(n order by bucket) as counts
    from (
      select merchant_id, dt, payment_method, bucket, sum(n)::bigint as n
      from (
        select merchant_id, dt, payment_method, bucket, n from delta where bucket >= 0
        union all
        select merchant_id, dt, payment_method, kept.bucket, kept.n
        from touched
        join rollups.latency l using (merchant_id, dt, payment_method)
        cross join lateral unnest(l.buckets, l.counts) as kept (bucket, n)
      ) cells
      group by merchant_id, dt, payment_method, bucket
      having sum(n) <> 0
    ) summed
    group by merchant_id, dt, payment_method
  )
  merge into rollups.latency t
  using (select * from touched left join histograms using (merchant_id, dt, payment_method)) s
  on t.merchant_id = s.merchant_id and t.dt = s.dt and t.payment_method = s.payment_method
  when matched and t.payments + s.payments = 0 and t.skewed + s.skewed = 0 then delete
  when matched then update set
    payments = t.payments + s.payments, sum_ms = t.sum_ms + s.sum_ms, skewed = t.skewed + s.skewed,
    buckets = coalesce(s.buckets, '{}'), counts = coalesce(s.counts, '{}')
  when not matched then
    insert (merchant_id, dt, payment_method, payments, sum_ms, skewed, buckets, counts)
    values (s.merchant_id, s.dt, s.payment_method, s.payments, s.sum_ms, s.skewed, coalesce(s.buckets, '{}'), coalesce(s.counts, '{}'));

  merge into rollups.longest t
  using (
    select
      coalesce(merchant_id, '*') as merchant_id, dt, coalesce(payment_method, '') collate "C" as payment_method,
      max(ms) filter (where n > 0) as came, max(ms) filter (where n < 0) as went
    from (
      select n, merchant_id, dt, coalesce(payment_method, 'unknown') as payment_method, ms
      from ({changed}) changed
      where ms >= 0
    ) timed
    group by dt, grouping sets ((merchant_id, payment_method), (merchant_id), (payment_method), ())
  ) s
  on t.merchant_id = s.merchant_id and t.dt = s.dt and t.payment_method = s.payment_method
  when matched and s.came = t.max_ms then do nothing
  when matched and s.came > t.max_ms then update set max_ms = s.came
  when matched and s.went >= t.max_ms then update set max_ms = null
  when not matched and s.came is not null then
    insert (merchant_id, dt, payment_method, max_ms) values (s.merchant_id, s.dt, s.payment_method, s.came);

  -- The longest went: the next one is looked for, in the merchants' payments of the day first and for all merchants in theirs.
  update rollups.longest l
  set max_ms = next.max_ms
  from (
    select lost.merchant_id, lost.dt, lost.payment_method, (
      select max(c.authorized_to_complete_ms)
      from public.curated_payments c
      where c.merchant_id = lost.merchant_id and c.dt = lost.dt
        and (lost.payment_method = '' or coalesce(c.payment_method, 'unknown') = lost.payment_method)
        and c.authorized_to_complete_ms >= 0
    ) as max_ms
    from rollups.longest lost
    where lost.max_ms is null and lost.merchant_id <> '*'
  ) next
  where l.merchant_id = next.merchant_id and l.dt = next.dt and l.payment_method = next.payment_method;
  delete from rollups.longest where max_ms is null and merchant_id <> '*';
  update rollups.longest l
  set max_ms = (
    select max(m.max_ms)
    from rollups.longest m
    where m.dt = l.dt and m.payment_method = l.payment_method and m.merchant_id <> '*'
  )
  where l.max_ms is null;
  delete from rollups.longest where max_ms is null;
$body$;
  head constant text := 'create function rollups.%I() returns %s language plpgsql security definer set search_path = pg_catalog, pg_temp as %L';
begin
  execute format(head, 'add_inserted', 'trigger', 'begin if not exists (select from new_rows) then return null; end if;'
    || replace(apply, '{changed}', came || 'new_rows') || 'return null; end');
  execute format(head, 'take_deleted', 'trigger', 'begin if not exists (select from old_rows) then return null; end if;'
    || replace(apply, '{changed}', went || 'old_rows') || 'return null; end');
  execute format(head, 'change_updated', 'trigger', 'begin if not exists (select from new_rows) then return null; end if;'
    || replace(apply, '{changed}', came || 'new_rows union all ' || went || 'old_rows') || 'return null; end');
  execute format(head, 'fill', 'void', 'begin truncate rollups.totals, rollups.declines, rollups.latency, rollups.longest, rollups.hours;'
    || replace(apply, '{changed}', came || 'public.curated_payments') || 'end');
  execute format(head, 'fill_truncated', 'trigger',
    'begin update rollups.days set revision = nextval(''rollups.revisions''), changed_at = clock_timestamp(); perform rollups.fill(); return null; end');
end
$do$;

comment on function rollups.fill() is 'Makes the roll-ups again from curated_payments. For the owner: after triggers were switched off by somebody.';

-- Whoever may change payments changes the roll-ups by it, and nobody else does: the functions act as their owner.
revoke execute on all functions in schema rollups from public;
grant execute on function rollups.latency_bucket(bigint) to public;

create trigger rollups_add after insert on curated_payments
  referencing new table as new_rows for each statement execute function rollups.add_inserted();
create trigger rollups_take after delete on curated_payments
  referencing old table as old_rows for each statement execute function rollups.take_deleted();
create trigger rollups_change after update on curated_payments
  referencing new table as new_rows old table as old_rows for each statement execute function rollups.change_updated();
create trigger rollups_truncate after truncate on curated_payments
  for each statement execute function rollups.fill_truncated();

select rollups.fill();

grant usage on schema rollups to sluice_loader, sluice_reader;
grant select on all tables in schema rollups to sluice_loader, sluice_reader;
