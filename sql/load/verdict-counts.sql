-- What became of the run's upserts? One that lost to a row which must come back, or is there, is stale. Those without a verdict, which are
-- not counted here, won.
select
  count(*) as verdicts,
  count(*) filter (where op = 1 and verdict <> 'won') as not_won,
  count(*) filter (where verdict = 'updated') as updated,
  count(*) filter (where op = 1 and verdict in ('stale', 'none', 'back')) as stale,
  count(*) filter (where verdict = 'already_there') as already_there,
  count(*) filter (where verdict = 'back') as back
from verdicts;
