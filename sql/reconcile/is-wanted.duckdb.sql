-- Is it the row of a payment that is asked for?
payment_id in (select name from wanted_payments)
