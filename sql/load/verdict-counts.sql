-- What became of the run's upserts? One that lost to a row which must come back, or is there, is stale.
select
  (select count(*) from arrived where op = 1) - count(*) filter (where op = 1 and verdict <> 'won') as won,
  count(*) filter (where verdict = 'updated') as updated,
  count(*) filter (where op = 1 and verdict in ('stale', 'none', 'back')) as stale,
  count(*) filter (where verdict = 'already_there') as already_there,
  count(*) filter (where verdict = 'back') as back
from verdicts;
