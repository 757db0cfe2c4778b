-- What do reports on the days from $1 to $2 rest on: which state of the data, and which landing hours, in which state?
-- The hours are those from which payments of the days came, and those of the days themselves, as far as the ledger knows them.
with named as (
  select landing_hour from rollups.hours where dt between $1 and $2
  union
  select landing_hour from ledger.hours where landing_hour >= $1::date and landing_hour < $2::date + 1
), stood as (
  select named.landing_hour, coalesce(h.state, 'open') as state, coalesce(h.loaded_revision, 0) as loaded_revision
  from named
  left join ledger.hours h using (landing_hour)
)
select
  (select max(revision) from rollups.days where dt between $1 and $2) as revision,
  (select max(changed_at) from rollups.days where dt between $1 and $2) as changed_at,
  count(*) as hours,
  count(*) filter (where state = 'proven') as proven,
  count(*) filter (where state = 'empty') as empty,
  count(*) filter (where state = 'open') as open,
  count(*) filter (where state = 'broken') as broken,
  count(*) filter (where state = 'missing') as missing,
  (array_agg(to_char(landing_hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24') order by landing_hour) filter (where state not in ('proven', 'empty')))[1:24]
    as not_proven,
  exists (select from ledger.rebuilds where ended_at is null) as rebuilding,
  md5(string_agg(concat_ws(' ', extract(epoch from landing_hour)::bigint, state, loaded_revision), ',' order by landing_hour)) as digest
from stood;
