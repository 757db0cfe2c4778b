-- An attempt begins: written down before anything is sent.
insert into ledger.report_deliveries (date, merchant_id, revision, recipient, delivery_id, channel, address, after_revision)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (date, merchant_id, revision, recipient) do update
set attempts = report_deliveries.attempts + 1, last_tried_at = clock_timestamp(), delivery_id = excluded.delivery_id, after_revision = excluded.after_revision;
