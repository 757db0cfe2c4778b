-- What does each side say of the hour?
select 'sluice' as side, count(*) as rows, coalesce(sum(amount_cents), 0)::text as cents, coalesce(sum(row_hash), 0)::text as hash
from curated_payments
where landing_hour = $1
union all
select 'open-tools', count(*), coalesce(sum(amount_cents), 0)::text, coalesce(sum(row_hash), 0)::text
from peer_payments
where landing_hour = $1;
