-- How many buckets does a key's hash have? Without it the planner expects one for each row, and sums an hour with one process of several.
create statistics hour_payments_bucket on (get_byte(decode(md5(payment_id), 'hex'), 0)) from hour_payments;
