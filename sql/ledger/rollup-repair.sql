-- What was done about the roll-ups of a reconciliation's day?
select cells, causes, differences_key, approved_by, planned_at, done_at, outcome, message
from ledger.rollup_repairs
where reconciliation_id = $1;
