-- When were the files of a replaced revision removed from the lake?
alter table ledger.revisions add column swept_at timestamptz;

create index revisions_to_sweep on ledger.revisions (landing_hour, revision) where swept_at is null;

comment on column ledger.revisions.swept_at is 'When the files of this replaced revision were removed; null while they are there, or in use.';
