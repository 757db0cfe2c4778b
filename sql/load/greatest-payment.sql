-- Behind which id is there nothing yet? Null: there are no payments at all.
select max(payment_id) as payment_id
from curated_payments;
