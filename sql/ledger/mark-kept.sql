-- It was to be taken back, but Kafka has it: the lake shows it still, and from here on it can only go forward.
with marked as (
  update ledger.revisions
  set state = 'published', published_at = coalesce(published_at, clock_timestamp()), closed_at = null
  where landing_hour = $1 and revision = $2 and state in ('rolled_back', 'committed', 'published')
  returning landing_hour, revision
)
update ledger.hours h
set committed_revision = marked.revision, updated_at = clock_timestamp()
from marked
where h.landing_hour = marked.landing_hour;
