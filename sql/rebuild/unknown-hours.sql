-- How many of these hours has the ledger never heard of?
select count(*) as hours
from unnest($1::timestamptz[]) as named (landing_hour)
where not exists (select from ledger.hours h where h.landing_hour = named.landing_hour);
