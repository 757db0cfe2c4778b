-- This revision was taken back before Kafka had it; the lake shows the restored one again.
with marked as (
  update ledger.revisions
  set state = 'rolled_back', closed_at = clock_timestamp()
  where landing_hour = $1 and revision = $2 and state in ('open', 'committed')
  returning landing_hour
)
update ledger.hours h
set committed_revision = nullif($3::integer, 0), updated_at = clock_timestamp()
from marked
where h.landing_hour = marked.landing_hour;
