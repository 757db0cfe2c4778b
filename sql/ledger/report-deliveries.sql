-- Who was sent what of a day's report? The newest revision first.
select revision, recipient, delivery_id, channel, address, after_revision, attempts, first_tried_at, last_tried_at, acknowledged_at, answer
from ledger.report_deliveries
where date = $1 and merchant_id = $2
order by revision desc, channel, address, recipient;
