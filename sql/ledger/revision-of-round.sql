-- Which revision did this round of this workflow run open last?
select revision
from ledger.revisions
where landing_hour = $1 and workflow_run_id = $2 and round = $3
order by revision desc
limit 1;
