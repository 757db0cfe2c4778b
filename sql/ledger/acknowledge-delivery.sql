-- The recipient took it. The first acknowledgement stands.
update ledger.report_deliveries
set acknowledged_at = clock_timestamp(), answer = $5
where date = $1 and merchant_id = $2 and revision = $3 and recipient = $4 and acknowledged_at is null;
