-- What is known of one revision?
select landing_hour, revision, state, base_revision, processed_at, manifest_key, manifest_fingerprint,
  transform_fingerprint, contract_version, publish_mode, objects, bytes, kind, requested_by, workflow_id,
  workflow_run_id, round, first_difference, opened_at, committed_at, published_at, loaded_at, closed_at
from ledger.revisions
where landing_hour = $1 and revision = $2;
