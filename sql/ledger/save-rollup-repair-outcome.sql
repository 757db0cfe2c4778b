-- How did the roll-ups' repair end, as the comparison after it found?
update ledger.rollup_repairs
set outcome = $2, message = $3
where reconciliation_id = $1;
