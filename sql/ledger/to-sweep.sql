-- Which revisions were replaced by a loaded one longer ago than the grace, and still have their files?
select r.landing_hour, r.revision
from ledger.revisions r
join ledger.hours h using (landing_hour)
join ledger.revisions loaded on loaded.landing_hour = h.landing_hour and loaded.revision = h.loaded_revision
where r.swept_at is null
  and r.revision < h.loaded_revision
  -- An open revision takes its difference from the base: the loaded one, which is never swept.
  and loaded.loaded_at < clock_timestamp() - make_interval(mins => $1)
order by r.landing_hour, r.revision
limit $2;
