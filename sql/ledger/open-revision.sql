-- Open a revision. Whole milliseconds, so that the instant is the same for everybody who reads it.
insert into ledger.revisions (
  landing_hour, revision, base_revision, processed_at, manifest_key, manifest_fingerprint, transform_fingerprint,
  contract_version, publish_mode, objects, bytes, kind, requested_by, workflow_id, workflow_run_id, round, attempt_token
)
values (
  $1, $2, $3, date_trunc('milliseconds', clock_timestamp()), $4, $5, $6,
  $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
)
returning processed_at;
