-- The lake shows this revision now.
with marked as (
  update ledger.revisions
  set state = 'committed', committed_at = coalesce(committed_at, clock_timestamp())
  where landing_hour = $1 and revision = $2 and state in ('open', 'committed')
  returning landing_hour, revision
)
update ledger.hours h
set committed_revision = marked.revision, updated_at = clock_timestamp()
from marked
where h.landing_hour = marked.landing_hour;
