-- Which hours of the day did somebody accept as missing?
select landing_hour, accepted_by, accepted_at
from ledger.accepted_missing
where landing_hour >= $1::date and landing_hour < $1::date + 1
order by landing_hour;
