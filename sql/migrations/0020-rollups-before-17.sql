-- The same roll-ups by the same triggers, on Postgres 15 and 16 too: those take no `merge` inside a `with`, and the first load failed there. What
-- changed is still read twice and not six times; between the statements its sums wait in two arrays.
create type rollups.changed_cell as (
  merchant_id    text collate "C",
  dt             date,
  currency       text collate "C",
  status         text collate "C",
  decline_reason text collate "C",
  landing_hour   timestamptz,
  payments       bigint,
  amount_cents   numeric
);
create type rollups.changed_duration as (
  merchant_id    text collate "C",
  dt             date,
  payment_method text collate "C",
  bucket         smallint,
  n              bigint,
  ms             numeric,
  came           bigint,
  went           bigint
);
comment on type rollups.changed_cell is 'Of payments that a statement changed: what came less what went. Decline reason: null where the status is another.';
comment on type rollups.changed_duration is 'The same of durations, by bucket; came and went are the longest of each.';

do $do$
declare
  came constant text := 'select 1 as n, merchant_id, dt, currency, status, amount_cents, payment_method, decline_reason, authorized_to_complete_ms as ms, landing_hour from ';
  went constant text := replace(came, 'select 1 as n', 'select -1 as n');
  apply constant text := $body$
  perform pg_advisory_xact_lock(735842, 0);

  cells := array(
    select row(merchant_id, dt, currency, status, decline_reason, landing_hour, sum(n), sum(n * amount_cents))::rollups.changed_cell
    from (
      select
        n, merchant_id, dt, currency, status, case when status = 'DECLINED' then coalesce(decline_reason, 'unknown') end collate "C" as decline_reason,
        landing_hour, amount_cents
      from ({changed}) changed
    ) changed
    group by merchant_id, dt, currency, status, decline_reason, landing_hour
  );

  insert into rollups.days as t (dt, revision, changed_at)
  select dt, nextval('rollups.revisions'), clock_timestamp()
  from (select distinct dt from unnest(cells)) touched
  on conflict (dt) do update set revision = excluded.revision, changed_at = excluded.changed_at;

  merge into rollups.hours t
  using (
    select dt, landing_hour, sum(payments)::bigint as payments
    from unnest(cells)
    group by dt, landing_hour
    having sum(payments) <> 0
  ) s
  on t.dt = s.dt and t.landing_hour = s.landing_hour
  when matched and t.payments + s.payments = 0 then delete
  when matched then update set payments = t.payments + s.payments
  when not matched then insert (dt, landing_hour, payments) values (s.dt, s.landing_hour, s.payments);

  merge into rollups.totals t
  using (
    select coalesce(merchant_id, '*') as merchant_id, dt, currency, status, sum(payments)::bigint as payments, sum(amount_cents) as amount_cents
    from unnest(cells)
    group by dt, currency, status, grouping sets ((merchant_id), ())
    having sum(payments) <> 0 or sum(amount_cents) <> 0
  ) s
  on t.merchant_id = s.merchant_id and t.dt = s.dt and t.currency = s.currency and t.status = s.status
  when matched and t.payments + s.payments = 0 and t.amount_cents + s.amount_cents = 0 then delete
  when matched then update set payments = t.payments + s.payments, amount_cents = t.amount_cents + s.amount_cents
  when not matched then
    insert (merchant_id, dt, currency, status, payments, amount_cents)
    values (s.merchant_id, s.dt, s.currency, s.status, s.payments, s.amount_cents);

  merge into rollups.declines t
  using (
    select coalesce(merchant_id, '*') as merchant_id, dt, decline_reason, currency, sum(payments)::bigint as payments, sum(amount_cents) as amount_cents
    from unnest(cells)
    where decline_reason is not null
    group by dt, decline_reason, currency, grouping sets ((merchant_id), ())
    having sum(payments) <> 0 or sum(amount_cents) <> 0
  ) s
  on t.merchant_id = s.merchant_id and t.dt = s.dt and t.decline_reason = s.decline_reason and t.currency = s.currency
  when matched and t.payments + s.payments = 0 and t.amount_cents + s.amount_cents = 0 then delete
  when matched then update set payments = t.payments + s.payments, amount_cents = t.amount_cents + s.amount_cents
  when not matched then
    insert (merchant_id, dt, decline_reason, currency, payments, amount_cents)
    values (s.merchant_id, s.dt, s.decline_reason, s.currency, s.payments, s.amount_cents);

  durations := array(
    select row(
      coalesce(merchant_id, '*'), dt, coalesce(payment_method, ''), bucket, sum(n)::bigint, sum(ms), max(came), max(went)
    )::rollups.changed_duration
    from (
      select
        merchant_id, dt, payment_method, bucket, sum(n) as n, sum(n * ms) as ms,
        max(ms) filter (where n > 0) as came, max(ms) filter (where n < 0) as went
      from (
        select n, merchant_id, dt, coalesce(payment_method, 'unknown') collate "C" as payment_method, ms,
          case when ms < 0 then -1::smallint else rollups.latency_bucket(ms) end as bucket
        from ({changed}) changed
        where ms is not null
      ) timed_changes
      group by merchant_id, dt, payment_method, bucket
    ) timed
    group by dt, bucket, grouping sets ((merchant_id, payment_method), (merchant_id), (payment_method), ())
  );

  merge into rollups.longest t
  using (
    select merchant_id, dt, payment_method, max(came) as came, max(went) as went
    from unnest(durations)
    where bucket >= 0
    group by merchant_id, dt, payment_method
  ) s
  on t.merchant_id = s.merchant_id and t.dt = s.dt and t.payment_method = s.payment_method
  when matched and s.came = t.max_ms then do nothing
  when matched and s.came > t.max_ms then update set max_ms = s.came
  when matched and s.went >= t.max_ms then update set max_ms = null
  when not matched and s.came is not null then
    insert (merchant_id, dt, payment_method, max_ms) values (s.merchant_id, s.dt, s.payment_method, s.came);

  with touched as materialized (
    select
      merchant_id, dt, payment_method,
      coalesce(sum(n) filter (where bucket >= 0), 0) as payments,
      coalesce(sum(ms) filter (where bucket >= 0), 0) as sum_ms,
      coalesce(sum(n) filter (where bucket < 0), 0) as skewed
    from unnest(durations)
    where n <> 0 or ms <> 0
    group by merchant_id, dt, payment_method
  ), histograms as (
    select merchant_id, dt, payment_method, array_agg(bucket order by bucket) as buckets, array_agg(n order by bucket) as counts
    from (
      select merchant_id, dt, payment_method, bucket, sum(n)::bigint as n
      from (
        select merchant_id, dt, payment_method, bucket, n from unnest(durations) where bucket >= 0 and n <> 0
        union all
        select merchant_id, dt, payment_method, kept.bucket, kept.n
        from touched
        join rollups.latency l using (merchant_id, dt, payment_method)
        cross join lateral unnest(l.buckets, l.counts) as kept (bucket, n)
      ) together
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
  head constant text := 'create or replace function rollups.%I() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as %L';
  declared constant text := 'declare cells rollups.changed_cell[]; durations rollups.changed_duration[]; ';
begin
  execute format(head, 'add_inserted', declared || 'begin if not exists (select from new_rows) then return null; end if;'
    || replace(apply, '{changed}', came || 'new_rows') || 'return null; end');
  execute format(head, 'take_deleted', declared || 'begin if not exists (select from old_rows) then return null; end if;'
    || replace(apply, '{changed}', went || 'old_rows') || 'return null; end');
  execute format(head, 'change_updated', declared || 'begin if not exists (select from new_rows) then return null; end if;'
    || replace(apply, '{changed}', came || 'new_rows union all ' || went || 'old_rows') || 'return null; end');
end
$do$;
