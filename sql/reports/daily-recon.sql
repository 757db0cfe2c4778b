-- How many payments of the day, and how much money, by currency and status? Merchant * is all of them.
select currency, status, payments, amount_cents::text as amount_cents
from rollups.totals
where merchant_id = $1 and dt = $2
order by currency, status;
