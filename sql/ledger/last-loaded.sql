-- Which revision do hour_payments hold?
select r.landing_hour, r.revision, r.state, r.base_revision, r.processed_at, r.manifest_key, r.manifest_fingerprint,
  r.transform_fingerprint, r.contract_version, r.publish_mode, r.objects, r.bytes, r.kind, r.requested_by, r.workflow_id,
  r.workflow_run_id, r.round, r.first_difference, r.opened_at, r.committed_at, r.published_at, r.loaded_at, r.closed_at
from ledger.hours h
join ledger.revisions r on r.landing_hour = h.landing_hour and r.revision = h.loaded_revision
where h.landing_hour = $1;
