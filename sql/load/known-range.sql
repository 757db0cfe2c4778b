-- Between which of the keys that have arrived are there payments already? Of each part of them the index is asked for its first payment: of
-- ids that begin with a time, as of an hour's first load, it has none. Null: nobody had any of these payments.
select min(part.first collate "C") as first, max(part.last collate "C") as last
from unnest($1::text[], $2::text[]) as part (first, last)
where (
  select c.payment_id
  from curated_payments c
  where c.payment_id between part.first and part.last
  -- Or the planner might look for any of them page by page.
  order by c.payment_id
  limit 1
) is not null;
