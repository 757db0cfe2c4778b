-- The same as a histogram, ascending.
select kept.bucket, sum(kept.count)::bigint as count
from rollups.latency
cross join lateral unnest(buckets, counts) as kept (bucket, count)
where merchant_id = $1 and dt between $2 and $3 and payment_method = $4
group by kept.bucket
order by kept.bucket;
