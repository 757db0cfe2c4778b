-- Keep a proof; the hour and a loaded revision take its state. An older revision's proof says nothing about the hour.
with kept as (
  insert into ledger.proofs (landing_hour, revision, state, first_difference, proof)
  values ($1, $2, $3, $4, $5)
  returning landing_hour, revision, state, first_difference
), revised as (
  update ledger.revisions r
  set state = kept.state, first_difference = kept.first_difference, closed_at = clock_timestamp()
  from kept
  where r.landing_hour = kept.landing_hour and r.revision = kept.revision and r.loaded_at is not null
    and kept.state in ('proven', 'broken', 'empty')
)
update ledger.hours h
set state = kept.state, updated_at = clock_timestamp()
from kept
where h.landing_hour = kept.landing_hour
  and not exists (
    select
    from ledger.revisions newer
    where newer.landing_hour = kept.landing_hour and newer.revision > kept.revision and newer.state <> 'rolled_back'
  );
