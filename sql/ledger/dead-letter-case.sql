-- What is known of one case? The newest revision that kept it.
select case_id, landing_hour, revision, object, version, byte_offset, length, line_number, reasons, raw, raw_base64, sha256, cards
from ledger.dead_letters
where case_id = $1
order by revision desc
limit 1;
