-- Which cases do the hours' current revisions keep as samples?
with current_revision as (
  select landing_hour, max(revision) as revision
  from ledger.revisions
  where dead_lettered is not null and state not in ('rolled_back', 'superseded')
    and ($1::timestamptz is null or landing_hour >= $1)
    and ($2::timestamptz is null or landing_hour <= $2)
  group by landing_hour
)
select case_id, landing_hour, revision, object, version, byte_offset, length, line_number, reasons, raw, raw_base64, sha256, cards
from ledger.dead_letters
join current_revision using (landing_hour, revision)
where $3::text is null or $3 = any (reasons)
order by landing_hour, object, byte_offset
limit $4;
