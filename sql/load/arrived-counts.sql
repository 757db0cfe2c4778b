-- How many records came, by what they ask for, and how many of them are another hour's?
select
  count(*) filter (where op = 1) as upserts,
  count(*) filter (where op = 2) as retracts,
  count(*) filter (where landing_hour <> $1) as strangers
from arrived;
