-- Forget what a former attempt wrote of this revision's dead letters.
with samples as (
  delete from ledger.dead_letters
  where landing_hour = $1 and revision = $2
)
delete from ledger.dead_letter_reasons
where landing_hour = $1 and revision = $2;
