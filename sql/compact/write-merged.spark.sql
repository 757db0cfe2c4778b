-- The rows of several files as one, in the order in which curate writes them. Reads `rows_to_sum`. Filled in: columns, instants without a
-- zone, as files have them.
select /*+ repartition(1) */ ${columns}
from rows_to_sum
sort by created_at, payment_id
