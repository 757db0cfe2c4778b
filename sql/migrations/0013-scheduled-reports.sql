-- What did each revision of a day's report say, and who got it?
create table ledger.report_revisions (
  date         date             not null,
  merchant_id  text collate "C" not null,
  revision     integer          not null check (revision > 0),
  numbers      json             not null,
  hours        json             not null,
  brought      json             not null,
  as_of        timestamptz,
  rests_on     text             not null,
  requested_by text             not null,
  rendered_at  timestamptz      not null default clock_timestamp(),
  seen_hours   json             not null,
  seen_at      timestamptz      not null default clock_timestamp(),
  html_key     text,
  primary key (date, merchant_id, revision)
);

comment on table ledger.report_revisions is 'Every version of a day''s report: a new one where a number is not what it was. Rows are never deleted.';
comment on column ledger.report_revisions.merchant_id is '* is the report of all merchants.';
comment on column ledger.report_revisions.numbers is 'The four reports as they were sent. json, not jsonb: the bytes that were sent stay as they were.';
comment on column ledger.report_revisions.hours is 'The landing hours that it rests on, each with state and loaded revision.';
comment on column ledger.report_revisions.brought is 'Why its numbers are not those of the revision before: the landing hours of which something changed in between.';
comment on column ledger.report_revisions.rests_on is 'State of data and hours when it was last looked at; as long as that is so nothing needs to be computed.';
comment on column ledger.report_revisions.seen_hours is 'The hours when the numbers were last seen to be these.';
comment on column ledger.report_revisions.html_key is 'Null: its files may not be in the lake yet.';

create table ledger.report_deliveries (
  date            date             not null,
  merchant_id     text collate "C" not null,
  revision        integer          not null,
  recipient       text             not null,
  delivery_id     text             not null,
  channel         text             not null check (channel in ('webhook', 'mail')),
  address         text             not null,
  after_revision  integer,
  attempts        integer          not null default 1,
  first_tried_at  timestamptz      not null default clock_timestamp(),
  last_tried_at   timestamptz      not null default clock_timestamp(),
  acknowledged_at timestamptz,
  answer          text,
  primary key (date, merchant_id, revision, recipient),
  foreign key (date, merchant_id, revision) references ledger.report_revisions
);

comment on table ledger.report_deliveries is 'Who was sent which revision, and who took it.';
comment on column ledger.report_deliveries.recipient is 'Of channel and address; the address itself stays in the configuration.';
comment on column ledger.report_deliveries.delivery_id is 'What the recipient knows an attempt by: the same for each attempt.';
comment on column ledger.report_deliveries.after_revision is 'The revision that it had got before, of which this one is the restatement; null: its first.';
comment on column ledger.report_deliveries.acknowledged_at is 'Null: not taken yet, or the note of it was lost; then it is sent again under the same delivery_id.';

create table ledger.accepted_missing (
  landing_hour timestamptz primary key,
  accepted_by  text        not null,
  accepted_at  timestamptz not null default clock_timestamp()
);

comment on table ledger.accepted_missing is 'Hours without any object of which somebody said that they had no payment: they do not hold back a report.';

alter table ledger.report_revisions enable row level security;
alter table ledger.report_deliveries enable row level security;
create policy readers on ledger.report_revisions for select to sluice_reader
  using ((select coalesce(nullif(current_setting('sluice.merchant', true), ''), '*')) in ('*', merchant_id));
create policy readers on ledger.report_deliveries for select to sluice_reader
  using ((select coalesce(nullif(current_setting('sluice.merchant', true), ''), '*')) in ('*', merchant_id));
create policy loaders on ledger.report_revisions to sluice_loader using (true) with check (true);
create policy loaders on ledger.report_deliveries to sluice_loader using (true) with check (true);

grant select on ledger.report_revisions, ledger.report_deliveries, ledger.accepted_missing to sluice_loader, sluice_reader;
grant insert, update on ledger.report_revisions, ledger.report_deliveries to sluice_loader;
grant insert on ledger.accepted_missing to sluice_loader;
