-- Somebody says that these hours had no payment. Written down in the audit once for each.
with accepted as (
  insert into ledger.accepted_missing (landing_hour, accepted_by)
  select hour, $2
  from unnest($1::timestamptz[]) as given (hour)
  on conflict do nothing
  returning landing_hour, accepted_by
)
insert into ledger.audit (who, what, detail)
select accepted_by, 'accept missing hour', jsonb_build_object('landingHour', to_char(landing_hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24'))
from accepted;
