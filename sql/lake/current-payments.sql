-- What are the payments of a range of days now, of all merchants or one? Filled in: current (winners since the first day), to, merchant.
select *
from (${current})
where dt <= ${to} and (${merchant} is null or merchant_id = ${merchant})
order by payment_id
