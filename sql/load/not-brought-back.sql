-- Is there a row that the lake did not give as the hour's load had it?
select v.payment_id, v.winner_hour, b.payment_id is not null as other
from verdicts v
left join brought_back b
  on b.payment_id = v.payment_id and b.landing_hour = v.winner_hour
where v.verdict = 'back' and b.row_hash is distinct from v.winner_hash
order by v.payment_id
limit 1;
