-- What is the truth about hours, revisions, runs, stages, proofs and dead letters?
create table ledger.hours (
  landing_hour       timestamptz primary key,
  state              text        not null default 'open'
                     check (state in ('open', 'proven', 'broken', 'empty', 'missing')),
  last_revision      integer     not null default 0,
  committed_revision integer,
  loaded_revision    integer,
  deadline           timestamptz,
  updated_at         timestamptz not null default clock_timestamp(),
  check (landing_hour = date_trunc('hour', landing_hour, 'UTC'))
);

comment on table ledger.hours is 'One row a landing hour: where it stands. Its row lock is what revisions and loads of the hour queue at.';
comment on column ledger.hours.last_revision is 'The highest number given to a revision; numbers are never used twice.';
comment on column ledger.hours.committed_revision is 'The revision that the lake shows; null while there is none.';
comment on column ledger.hours.loaded_revision is 'The revision that hour_payments holds; null while there is none.';
comment on column ledger.hours.deadline is 'By when the hour must have an object, or it is missing.';

create table ledger.revisions (
  landing_hour          timestamptz not null references ledger.hours,
  revision              integer     not null check (revision > 0),
  state                 text        not null default 'open' check (state in
                        ('open', 'committed', 'published', 'loaded', 'proven', 'broken', 'empty', 'rolled_back', 'superseded')),
  base_revision         integer,
  processed_at          timestamptz not null,
  manifest_key          text        not null,
  manifest_fingerprint  text        not null,
  transform_fingerprint text        not null,
  contract_version      integer     not null,
  publish_mode          text        not null check (publish_mode in ('changed', 'all')),
  objects               integer     not null,
  bytes                 bigint      not null,
  kind                  text        not null,
  requested_by          text        not null,
  workflow_id           text        not null,
  workflow_run_id       text        not null,
  round                 integer     not null,
  attempt_token         text        not null,
  dead_lettered         bigint,
  first_difference      text,
  opened_at             timestamptz not null default clock_timestamp(),
  committed_at          timestamptz,
  published_at          timestamptz,
  loaded_at             timestamptz,
  closed_at             timestamptz,
  primary key (landing_hour, revision)
);

create index revisions_by_round on ledger.revisions (workflow_run_id, round);

comment on table ledger.revisions is 'Every revision of every hour, with what it was made from. Rows are never deleted.';
comment on column ledger.revisions.base_revision is 'The last loaded revision when this one was opened: what its difference is taken from. Null: none.';
comment on column ledger.revisions.processed_at is 'One instant for all rows of the revision, fixed here so that a retry gives the same rows.';
comment on column ledger.revisions.attempt_token is 'Of the attempt that opened it; for tracing only.';
comment on column ledger.revisions.dead_lettered is 'Lines refused; null until curate has told.';
comment on column ledger.revisions.closed_at is 'When it was proven, broken, empty, rolled back or superseded.';

create table ledger.runs (
  workflow_run_id text        not null,
  round           integer     not null,
  landing_hour    timestamptz not null,
  workflow_id     text        not null,
  kind            text        not null,
  requested_by    text        not null,
  revision        integer,
  unchanged       boolean     not null default false,
  state           text        not null default 'open',
  message         text,
  started_at      timestamptz not null default clock_timestamp(),
  ended_at        timestamptz,
  primary key (workflow_run_id, round)
);

create index runs_by_hour on ledger.runs (landing_hour, started_at);

comment on table ledger.runs is 'One row a round of an hour''s workflow: who asked, which revision came of it, how it ended.';

create table ledger.stages (
  landing_hour timestamptz      not null,
  revision     integer          not null,
  stage        text             not null,
  attempt      integer          not null,
  started_at   timestamptz      not null,
  finished_at  timestamptz      not null,
  seconds      double precision not null,
  worker       text             not null,
  result       jsonb            not null,
  primary key (landing_hour, revision, stage),
  foreign key (landing_hour, revision) references ledger.revisions
);

comment on table ledger.stages is 'What each stage of a revision learned and how long it took; the last attempt that finished.';

create table ledger.proofs (
  landing_hour     timestamptz not null,
  revision         integer     not null,
  proof_id         bigint      generated always as identity primary key,
  state            text        not null,
  first_difference text,
  proof            jsonb       not null,
  proven_at        timestamptz not null default clock_timestamp(),
  foreign key (landing_hour, revision) references ledger.revisions
);

create index proofs_by_revision on ledger.proofs (landing_hour, revision, proof_id);

comment on table ledger.proofs is 'Every proof ever made, the broken ones too. The one with the highest proof_id counts.';

create table ledger.dead_letter_reasons (
  landing_hour timestamptz not null,
  revision     integer     not null,
  reason       text        not null,
  lines        bigint      not null,
  primary key (landing_hour, revision, reason),
  foreign key (landing_hour, revision) references ledger.revisions
);

comment on table ledger.dead_letter_reasons is 'Refused lines of a revision by reason; a line with two reasons counts in both.';

create table ledger.dead_letters (
  case_id      text        not null,
  landing_hour timestamptz not null,
  revision     integer     not null,
  object       text        not null,
  version      text        not null,
  byte_offset  bigint      not null,
  length       bigint      not null,
  line_number  bigint      not null,
  reasons      text[]      not null,
  raw          text,
  raw_base64   text,
  sha256       text,
  cards        integer     not null default 0,
  primary key (landing_hour, revision, case_id),
  foreign key (landing_hour, revision) references ledger.revisions
);

create index dead_letters_by_case on ledger.dead_letters (case_id, revision);

comment on table ledger.dead_letters is 'A few refused lines for each reason of a revision, as cases; all of them lie in the lake. Card numbers are masked.';

create table ledger.redrives (
  case_id     text        not null,
  object      text        not null,
  line_number bigint      not null,
  by          text        not null,
  at          timestamptz not null default clock_timestamp(),
  primary key (case_id, object)
);

comment on table ledger.redrives is 'Which case was landed again, and as which line of which object.';

create table ledger.audit (
  audit_id bigint      generated always as identity primary key,
  at       timestamptz not null default clock_timestamp(),
  who      text        not null,
  what     text        not null,
  detail   jsonb       not null
);

comment on table ledger.audit is 'What people did that others may ask about: raw lines shown, redrives, objects accepted as gone.';

grant select on all tables in schema ledger to sluice_loader, sluice_reader;
grant insert, update on ledger.hours, ledger.revisions, ledger.runs, ledger.stages to sluice_loader;
grant insert on ledger.proofs, ledger.redrives, ledger.audit to sluice_loader;
grant insert, delete on ledger.dead_letter_reasons, ledger.dead_letters to sluice_loader;
