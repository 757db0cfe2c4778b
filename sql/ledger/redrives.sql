-- As which lines were these cases landed again?
select case_id, object, line_number, by, at
from ledger.redrives
where case_id = any ($1::text[])
order by at, case_id;
