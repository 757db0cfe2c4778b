-- What was noted when every row of this revision was right? Nothing, if the note was copied here from another cluster, whose numbers of
-- transactions are others, or if it is so old that 32 bits of a number no longer say which of two is older.
select settled::text as settled
from ledger.compared_hours noted
where landing_hour = $1 and revision = $2
  and noted.xmin = noted.noted_in::xid
  and pg_snapshot_xmax(pg_current_snapshot())::text::numeric - settled::text::numeric between 0 and 2000000000;
