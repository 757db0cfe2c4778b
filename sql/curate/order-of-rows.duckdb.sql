-- In which order do rows go into files?
order by merchant_id, dt, created_at, payment_id
