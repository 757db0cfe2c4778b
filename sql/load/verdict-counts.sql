-- What became of the run's upserts? One that lost to a row which must come back, or is there, is stale. Those without a verdict
-- are not counted here: they won, or are there as they should be (decide-whole.sql).
select
  count(*) filter (where op = 1 and verdict <> 'won') as not_won,
  count(*) filter (where op = 1 and verdict = 'won') as won,
  count(*) filter (where verdict = 'updated') as updated,
  count(*) filter (where op = 1 and verdict in ('stale', 'none', 'back')) as stale,
  count(*) filter (where verdict = 'already_there') as already_there,
  count(*) filter (where verdict = 'back') as back
from verdicts;
