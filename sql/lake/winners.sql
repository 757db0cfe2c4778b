-- What is each payment now? Of the committed rows of a payment_id the greatest by created_at, status rank and row_hash, then the later landing hour
-- (CONTRACT §2). Filled in: since, which rows are looked at. A row loses only to one created at the same time or later, so that `dt >= …` leaves no winner out.
select
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at, created_at, source_system,
  decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at, curated_version, landing_hour, row_hash, file
from (
  select
    *,
    row_number() over (
      partition by payment_id
      order by
        created_at desc,
        case status
          when 'PENDING' then 1
          when 'AUTHORIZED' then 2
          when 'APPROVED' then 3
          when 'CAPTURED' then 4
          when 'SETTLED' then 5
          when 'DECLINED' then 6
          when 'FAILED' then 7
          when 'CANCELLED' then 8
          when 'VOIDED' then 9
          when 'EXPIRED' then 10
          when 'REFUNDED' then 11
          when 'CHARGEBACK' then 12
        end desc,
        row_hash desc,
        landing_hour desc
    ) as place
  from curated
  where ${since}
)
where place = 1
