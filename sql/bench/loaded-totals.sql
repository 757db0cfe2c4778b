-- What does each side's table add up to?
select 'curated_payments' as name, count(*) as rows, coalesce(sum(amount_cents), 0)::text as cents, coalesce(sum(row_hash), 0)::text as hash
from curated_payments
union all
select 'peer_payments', count(*), coalesce(sum(amount_cents), 0)::text, coalesce(sum(row_hash), 0)::text
from peer_payments;
