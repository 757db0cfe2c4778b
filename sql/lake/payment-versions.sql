-- What did each landing hour say of a payment, and in which file? The first row is the payment as it is now, if its latest day is in the range.
-- Filled in: payment_id, from, to (days of created_at).
select *
from curated
where payment_id = ${payment_id} and dt between ${from} and ${to}
order by created_at desc, landing_hour desc
