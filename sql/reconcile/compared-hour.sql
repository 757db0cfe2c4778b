-- What was noted when every row of this revision was right? Nothing, if the note does not hold. Filled in: holds.
select settled::text as settled
from ledger.compared_hours noted
where landing_hour = $1 and revision = $2
  and ${holds};
