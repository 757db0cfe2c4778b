-- Who may ask the API, and which rows may be seen by whom?
create schema api;

create table api.keys (
  key_id      text        primary key,
  hash        text        not null unique,
  name        text        not null,
  scopes      text[]      not null check (cardinality(scopes) > 0 and scopes <@ array['reports:read', 'payments:read', 'ops:read', 'ops:write']),
  merchant_id text collate "C",
  created_by  text        not null,
  created_at  timestamptz not null default clock_timestamp(),
  expires_at  timestamptz,
  revoked_at  timestamptz,
  revoked_by  text,
  check (merchant_id is null or scopes <@ array['reports:read', 'payments:read'])
);

comment on table api.keys is 'Keys of the API by their SHA-256; the key itself is with its holder only. Rows are never deleted.';
comment on column api.keys.merchant_id is 'The only merchant that its holder sees; null: all of them.';

grant usage on schema api to sluice_loader, sluice_reader;
grant select on api.keys to sluice_loader, sluice_reader;
grant insert, update on api.keys to sluice_loader;

-- The setting sluice.merchant says whose rows a session may read: a merchant, * or nothing for all of them. The API's connections begin
-- with a merchant that cannot exist and say in each transaction whom they ask for, so that forgetting it shows nothing.
-- The scalar subquery is evaluated once for each statement and not for each row.
do $$
declare
  of_merchant text;
  for_all text;
begin
  foreach of_merchant in array array['public.curated_payments', 'public.hour_payments', 'rollups.totals', 'rollups.declines', 'rollups.latency', 'rollups.longest'] loop
    execute format('alter table %s enable row level security', of_merchant);
    execute format('create policy readers on %s for select to sluice_reader using '
      || '((select coalesce(nullif(current_setting(''sluice.merchant'', true), ''''), ''*'')) in (''*'', merchant_id))', of_merchant);
    execute format('create policy loaders on %s to sluice_loader using (true) with check (true)', of_merchant);
  end loop;
  -- What names payments, lines or people of every merchant.
  foreach for_all in array array['dead_letters', 'redrives', 'audit', 'reconciliations', 'repairs', 'suppressed', 'erasures'] loop
    execute format('alter table ledger.%s enable row level security', for_all);
    execute format('create policy readers on ledger.%s for select to sluice_reader using '
      || '((select coalesce(nullif(current_setting(''sluice.merchant'', true), ''''), ''*'')) = ''*'')', for_all);
    execute format('create policy loaders on ledger.%s to sluice_loader using (true) with check (true)', for_all);
  end loop;
end
$$;

-- For Metabase, QuickSight, Tableau and whoever else asks without the API: names that stay when tables change. They show what the
-- session that asks may see. No user_id: who paid is nobody's dimension.
create schema bi;

create view bi.payments with (security_invoker = true) as
select payment_id, merchant_id, dt, hour, created_at, status, currency, amount_cents, payment_method, decline_reason, source_system, risk_score,
  authorized_at, completed_at, authorized_to_complete_ms, is_approved, is_refunded, landing_hour, curated_version as revision, processed_at
from curated_payments;

create view bi.daily_totals with (security_invoker = true) as
select merchant_id, dt, currency, status, payments, amount_cents
from rollups.totals
where merchant_id <> '*';

create view bi.daily_refunds with (security_invoker = true) as
select
  merchant_id, dt, currency,
  sum(payments) filter (where status in ('APPROVED', 'CAPTURED', 'SETTLED', 'REFUNDED', 'CHARGEBACK')) as captured,
  sum(amount_cents) filter (where status in ('APPROVED', 'CAPTURED', 'SETTLED', 'REFUNDED', 'CHARGEBACK')) as captured_cents,
  coalesce(sum(payments) filter (where status = 'REFUNDED'), 0) as refunded,
  coalesce(sum(amount_cents) filter (where status = 'REFUNDED'), 0) as refunded_cents
from rollups.totals
where merchant_id <> '*'
group by merchant_id, dt, currency
having sum(payments) filter (where status in ('APPROVED', 'CAPTURED', 'SETTLED', 'REFUNDED', 'CHARGEBACK')) > 0;

create view bi.daily_declines with (security_invoker = true) as
select merchant_id, dt, decline_reason, currency, payments, amount_cents
from rollups.declines
where merchant_id <> '*';

create view bi.daily_latency with (security_invoker = true) as
select merchant_id, dt, payment_method, payments, sum_ms / nullif(payments, 0) as mean_ms, longest.max_ms, skewed
from rollups.latency
left join rollups.longest using (merchant_id, dt, payment_method)
where merchant_id <> '*' and payment_method <> '';

create view bi.hours with (security_invoker = true) as
select landing_hour, state, loaded_revision as revision, updated_at
from ledger.hours;

comment on schema bi is 'Views under names that stay, for tools that ask Postgres directly.';
comment on view bi.daily_refunds is 'A row holds a payment''s current state: one that was refunded was captured before. A rate is refunded / captured, by count or by amount of one currency.';
comment on view bi.hours is 'Ask whether the hours are proven before you believe a sum.';

grant usage on schema bi to sluice_reader;
grant select on all tables in schema bi to sluice_reader;
