-- Every winner of these hours was right, as a view saw it in which all transactions before `settled` were over.
insert into ledger.compared_winners (landing_hour, settled)
select landing_hour, $2::xid8
from unnest($1::timestamptz[]) as compared (landing_hour)
on conflict (landing_hour) do update
set settled = excluded.settled, noted_in = excluded.noted_in, compared_at = excluded.compared_at;
