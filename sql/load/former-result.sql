-- What did the load of this revision learn when it committed?
select result
from ledger.stages
where landing_hour = $1 and revision = $2 and stage = 'load';
