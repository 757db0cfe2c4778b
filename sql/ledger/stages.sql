-- What did the stages of a revision learn, and how long did they take?
select stage, attempt, started_at, seconds, worker, result
from ledger.stages
where landing_hour = $1 and revision = $2
order by started_at;
