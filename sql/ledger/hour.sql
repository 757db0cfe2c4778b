-- Where does the hour stand?
select landing_hour, state, last_revision, committed_revision, loaded_revision, deadline, updated_at
from ledger.hours
where landing_hour = $1;
