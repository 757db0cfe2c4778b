-- Where do the payments lie that reports and people read?
create table hour_payments (
  landing_hour timestamptz      not null,
  payment_id   text collate "C" not null,
  created_at   timestamptz      not null,
  status_rank  smallint         not null,
  row_hash     bigint           not null,
  currency     text collate "C" not null,
  status       text collate "C" not null,
  amount_cents bigint           not null,
  dt           date             not null,
  merchant_id  text collate "C" not null,
  primary key (landing_hour, payment_id)
);

create index hour_payments_by_payment on hour_payments (payment_id);

comment on table hour_payments is 'What each landing hour''s loaded revision says of a payment; the winner over all hours is in curated_payments.';
comment on column hour_payments.amount_cents is 'Minor units of the currency.';
comment on column hour_payments.dt is 'With merchant_id: in which files of the lake the whole row is.';

create table curated_payments (
  payment_id               text collate "C" primary key,
  merchant_id              text collate "C" not null,
  user_id                  text,
  amount_cents             bigint           not null,
  currency                 text collate "C" not null,
  status                   text collate "C" not null,
  payment_method           text,
  risk_score               double precision,
  authorized_at            timestamptz,
  completed_at             timestamptz,
  created_at               timestamptz      not null,
  source_system            text,
  decline_reason           text,
  dt                       date             not null,
  hour                     integer          not null,
  authorized_to_complete_ms bigint,
  is_approved              boolean          not null,
  is_refunded              boolean          not null,
  processed_at             timestamptz      not null,
  curated_version          integer          not null,
  landing_hour             timestamptz      not null,
  row_hash                 bigint           not null
);

create index curated_payments_by_merchant on curated_payments (merchant_id, dt);
create index curated_payments_by_day on curated_payments (dt);

comment on table curated_payments is 'One row a payment: the greatest by created_at, status rank, row_hash and landing hour over all hours.';
comment on column curated_payments.amount_cents is 'Minor units of the currency.';
comment on column curated_payments.landing_hour is 'The hour whose row won.';
comment on column curated_payments.curated_version is 'The revision of that hour''s run which wrote the row.';

grant select on hour_payments, curated_payments to sluice_loader, sluice_reader;
grant insert, update, delete on hour_payments, curated_payments to sluice_loader;
