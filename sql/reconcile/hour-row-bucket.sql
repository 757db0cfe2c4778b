-- In which bucket is the key? Of `p`, a row of hour_payments.
get_byte(decode(md5(p.payment_id), 'hex'), 0)
