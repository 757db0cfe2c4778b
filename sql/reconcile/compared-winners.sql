-- Since which transaction may winners of these hours be wrong? Nothing, if one of the hours has no note that all were right, or one that does
-- not hold. Filled in: holds, of `of_hour`.
select noted.settled::text as settled
from ledger.compared_winners noted
where noted.landing_hour = any($1::timestamptz[])
  and not exists (
    select
    from unnest($1::timestamptz[]) as compared (landing_hour)
    left join ledger.compared_winners of_hour on of_hour.landing_hour = compared.landing_hour
      and ${holds}
    where of_hour.landing_hour is null
  )
order by noted.settled
limit 1;
