-- May this revision be loaded? Locks the hour: its loads, and the opening of its revisions, come one after another.
select r.state, r.base_revision, r.publish_mode, h.loaded_revision
from ledger.hours h
join ledger.revisions r using (landing_hour)
where h.landing_hour = $1 and r.revision = $2
for update of h;
