-- How many of these payments has a transaction from $2 on written? Also a row that was written again as it was is a new one.
select count(*) as rows
from peer_payments
where payment_id = any ($1::text[]) and xmin::text::bigint >= $2;
