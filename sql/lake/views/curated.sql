-- Which rows are committed? Every row of every landing hour’s current revision, and the file in which it lies. A file that compaction made counts
-- for the hours that name it and no others; files of replaced revisions, and of attempts under way, count for nobody.
select
  stored.payment_id,
  stored.merchant_id,
  stored.user_id,
  stored.amount_cents,
  stored.currency,
  stored.status,
  stored.payment_method,
  stored.risk_score,
  cast(from_unixtime_nanos(stored.authorized_at * 1000) as timestamp(6)) as authorized_at,
  cast(from_unixtime_nanos(stored.completed_at * 1000) as timestamp(6)) as completed_at,
  cast(from_unixtime_nanos(stored.created_at * 1000) as timestamp(6)) as created_at,
  stored.source_system,
  stored.decline_reason,
  stored.dt,
  stored.hour,
  stored.authorized_to_complete_ms,
  stored.is_approved,
  stored.is_refunded,
  cast(from_unixtime_nanos(stored.processed_at * 1000) as timestamp(6)) as processed_at,
  stored.curated_version,
  named.landing_hour,
  stored.row_hash,
  named.path as file
from curated_rows as stored
inner join committed_files as named
  on named.path = stored."$path" and named.landing_micros = stored.landing_hour and named.dt = stored.dt
