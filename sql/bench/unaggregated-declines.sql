-- declines asked of the payments themselves: $1 merchant or null, $2 to $3 days.
select coalesce(decline_reason, 'unknown') as decline_reason, currency, count(*) as payments, sum(amount_cents)::text as amount_cents
from curated_payments
where dt between $2 and $3 and ($1::text is null or merchant_id = $1) and status = 'DECLINED'
group by 1, 2
order by 1, 2;
