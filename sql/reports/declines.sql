-- Why were payments of the days declined, how many and how much money?
select decline_reason, currency, sum(payments)::bigint as payments, sum(amount_cents)::text as amount_cents
from rollups.declines
where merchant_id = $1 and dt between $2 and $3
group by decline_reason, currency
order by decline_reason, currency;
