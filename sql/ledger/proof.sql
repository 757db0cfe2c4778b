-- The newest proof of a revision of the hour; without a revision, of the hour.
select proof, proven_at
from ledger.proofs
where landing_hour = $1 and ($2::integer is null or revision = $2)
order by revision desc, proof_id desc
limit 1;
