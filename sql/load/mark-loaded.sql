-- The hour's rows are this revision's now.
with marked as (
  update ledger.revisions
  set state = 'loaded', published_at = coalesce(published_at, clock_timestamp()), loaded_at = clock_timestamp()
  where landing_hour = $1 and revision = $2
  returning landing_hour, revision
)
update ledger.hours h
set loaded_revision = marked.revision, updated_at = clock_timestamp()
from marked
where h.landing_hour = marked.landing_hour;
