-- How many payments of the days, and how much money, were captured ($4) and refunded ($5), by currency?
select
  currency,
  coalesce(sum(payments) filter (where status = any($4::text[])), 0)::bigint as captured,
  coalesce(sum(amount_cents) filter (where status = any($4::text[])), 0)::text as captured_cents,
  coalesce(sum(payments) filter (where status = any($5::text[])), 0)::bigint as refunded,
  coalesce(sum(amount_cents) filter (where status = any($5::text[])), 0)::text as refunded_cents
from rollups.totals
where merchant_id = $1 and dt between $2 and $3
group by currency
order by currency;
