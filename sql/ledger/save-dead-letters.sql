-- A few cases of each reason.
insert into ledger.dead_letters (
  landing_hour, revision, case_id, object, version, byte_offset, length, line_number, reasons, raw, raw_base64, sha256, cards
)
select $1, $2, case_id, object, version, byte_offset, length, line_number, reasons, raw, raw_base64, sha256, coalesce(cards, 0)
from jsonb_to_recordset($3::jsonb) as sample (
  case_id text, object text, version text, byte_offset bigint, length bigint, line_number bigint, reasons text[],
  raw text, raw_base64 text, sha256 text, cards integer
)
on conflict do nothing;
