-- Where is it written down which migrations this database has had?
create schema if not exists ledger;

create table if not exists ledger.migrations (
  number     integer     primary key,
  name       text        not null,
  checksum   text        not null,
  applied_at timestamptz not null default clock_timestamp(),
  applied_by text        not null default current_user
);

comment on table ledger.migrations is 'Migrations applied to this database, each with the SHA-256 of the file as it was then.';
