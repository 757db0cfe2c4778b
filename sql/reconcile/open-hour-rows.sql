-- Which payments of the hour are in these buckets, or in these parts of them where parts are given? Filled in: flaws.
declare hour_rows no scroll cursor for
select
  get_byte(decode(md5(payment_id), 'hex'), 0) as bucket,
  payment_id, created_at, status, currency, amount_cents, row_hash, dt, merchant_id,
  ${flaws} as flaws
from hour_payments
where landing_hour >= $1 and landing_hour < $1::timestamptz + interval '1 hour'
  and get_byte(decode(md5(payment_id), 'hex'), 0) = any($3::integer[])
  and ($4::integer[] is null or get_byte(decode(md5(payment_id), 'hex'), 0) * 256 + get_byte(decode(md5(payment_id), 'hex'), 1) = any($4::integer[]))
order by bucket;
