-- Which landing hours does a report on the day rest on, in which state, with which revision loaded? Those that rests-on.sql counts, and the
-- day's own hours that nobody ever asked for (state null).
with named as (
  select landing_hour from rollups.hours where dt = $1
  union
  select landing_hour from ledger.hours where landing_hour >= $1::date and landing_hour < $1::date + 1
)
select
  to_char(landing_hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24') as landing_hour,
  case when named.landing_hour is not null then coalesce(h.state, 'open') end as state,
  h.loaded_revision as revision
from named
full join generate_series($1::date::timestamptz, $1::date::timestamptz + interval '23 hours', interval '1 hour') own (landing_hour) using (landing_hour)
left join ledger.hours h using (landing_hour)
order by 1;
