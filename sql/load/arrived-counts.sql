-- How many records came, by what they ask for?
select count(*) filter (where op = 1) as upserts, count(*) filter (where op = 2) as retracts
from arrived;
