-- As lock-keys.sql of a run of thousands of payments, before any of them is read: all buckets, in their order.
select count(pg_advisory_xact_lock($1, bucket)) as locked
from (select bucket from generate_series(0, 255) as bucket order by bucket) buckets;
