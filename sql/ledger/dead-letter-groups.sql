-- Which reasons refused how many lines of the hours' current revisions, and which case shows it?
with current_revision as (
  select landing_hour, max(revision) as revision
  from ledger.revisions
  where dead_lettered is not null and state not in ('rolled_back', 'superseded')
    and ($1::timestamptz is null or landing_hour >= $1)
    and ($2::timestamptz is null or landing_hour <= $2)
  group by landing_hour
)
select
  reasons.reason,
  sum(reasons.lines)::bigint as lines,
  count(*) as hours,
  min(reasons.landing_hour) as first_hour,
  max(reasons.landing_hour) as last_hour,
  (
    select min(sample.case_id)
    from ledger.dead_letters sample
    join current_revision using (landing_hour, revision)
    where reasons.reason = any (sample.reasons)
  ) as example,
  (
    select count(distinct redrive.case_id)
    from ledger.dead_letters sample
    join current_revision using (landing_hour, revision)
    join ledger.redrives redrive using (case_id)
    where reasons.reason = any (sample.reasons)
  ) as redriven
from ledger.dead_letter_reasons reasons
join current_revision using (landing_hour, revision)
where $3::text is null or reasons.reason = $3
group by reasons.reason
order by lines desc, reasons.reason;
