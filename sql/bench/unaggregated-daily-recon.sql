-- daily-recon asked of the payments themselves: $1 merchant or null, $2 to $3 days.
select currency, status, count(*) as payments, sum(amount_cents)::text as amount_cents
from curated_payments
where dt between $2 and $3 and ($1::text is null or merchant_id = $1)
group by currency, status
order by currency, status;
