-- Which rows of other hours win now and must be read from the lake? By hour, a page at a time.
select payment_id, winner_hour, winner_dt, winner_merchant
from verdicts
where verdict = 'back' and (winner_hour, payment_id) > ($1::timestamptz, $2)
order by winner_hour, payment_id
limit $3;
