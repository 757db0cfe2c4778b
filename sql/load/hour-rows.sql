-- How many payments does the hour have?
select count(*) as rows
from hour_payments
where landing_hour = $1;
