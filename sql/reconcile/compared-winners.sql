-- Since which transaction may winners of these hours be wrong? Nothing, if one of the hours has no note that all were right, or one that says nothing
-- here: copied from another cluster, or so old that 32 bits of a number no longer say which of two is older.
select noted.settled::text as settled
from ledger.compared_winners noted
where noted.landing_hour = any($1::timestamptz[])
  and not exists (
    select
    from unnest($1::timestamptz[]) as compared (landing_hour)
    left join ledger.compared_winners of_hour on of_hour.landing_hour = compared.landing_hour
      and of_hour.xmin = of_hour.noted_in::xid
      and pg_snapshot_xmax(pg_current_snapshot())::text::numeric - of_hour.settled::text::numeric between 0 and 2000000000
    where of_hour.landing_hour is null
  )
order by noted.settled
limit 1;
