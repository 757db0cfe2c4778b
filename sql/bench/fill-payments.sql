-- Made-up payments number $1 to $2 over $3 days before 2026-11-01 and $4 merchants, a few of which have most of them.
insert into curated_payments (
  payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at, created_at, source_system,
  decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at, curated_version, landing_hour, row_hash
)
select
  'pay_' || lpad(i::text, 10, '0'), 'merchant-' || lpad(floor($4::double precision * power(r.merchant, 2.2))::text, 4, '0'), 'user-' || (h & 1048575), (h >> 8) & 65535,
  (array['EUR', 'EUR', 'EUR', 'EUR', 'USD', 'USD', 'GBP', 'PLN', 'JPY', 'KWD'])[1 + (h & 7)], r.status, (array['card', 'card', 'wallet', 'bank_transfer', 'voucher'])[1 + (h >> 20 & 3)],
  0.5, r.created_at, r.created_at + make_interval(secs => r.ms / 1000.0), r.created_at, 'bench',
  case when r.status = 'DECLINED' then (array['insufficient_funds', 'do_not_honor', 'expired', 'fraud'])[1 + (h >> 5 & 3)] end,
  (r.created_at at time zone 'UTC')::date, extract(hour from r.created_at at time zone 'UTC')::integer, case when r.status in ('CAPTURED', 'SETTLED', 'REFUNDED') then r.ms end,
  r.status = 'APPROVED', r.status = 'REFUNDED', '2026-11-01T00:00Z', 1, date_trunc('hour', r.created_at, 'UTC'), abs(h)
from generate_series($1::bigint, $2::bigint) i
cross join lateral (select hashint8extended(i, 7) as h) hashed
cross join lateral (
  select
    (h >> 3 & 65535) / 65536.0::double precision as merchant,
    (array['CAPTURED', 'CAPTURED', 'CAPTURED', 'SETTLED', 'SETTLED', 'APPROVED', 'DECLINED', 'REFUNDED'])[1 + (h >> 12 & 7)] as status,
    '2026-11-01T00:00Z'::timestamptz - make_interval(secs => 1 + (h >> 16 & 16777215) % ($3::integer * 86400)) as created_at,
    (200 * exp((h >> 30 & 65535) / 65536.0::double precision * 6))::bigint as ms
) r;
