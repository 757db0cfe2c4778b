-- Of which of the hours were rows put right since then?
select distinct to_char(landing_hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24') as landing_hour
from ledger.repairs
where landing_hour = any($1::timestamptz[]) and done_at > $2
order by 1;
