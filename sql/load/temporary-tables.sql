-- Where the run's records, the verdicts on them and the rows brought back lie until the transaction ends.
-- Column for column as in curated_payments: what wins is written as it lies here, and taking a million rows apart to put them together
-- again costs a second. So what a run takes back is in a table of its own, and not told apart by a column.
create temporary table arrived (like curated_payments) on commit drop;

create temporary table retracted (like curated_payments) on commit drop;

-- Every key is there once: a sample of 3,000 says so as well as one of 30,000 does.
alter table arrived alter column payment_id set statistics 10;
alter table retracted alter column payment_id set statistics 10;

create temporary table brought_back (like curated_payments) on commit drop;

create temporary table verdicts (
  payment_id    text collate "C" not null,
  op            smallint         not null,
  verdict       text             not null,
  winner_hour   timestamptz,
  winner_dt     date,
  winner_merchant text collate "C",
  winner_hash   bigint
) on commit drop;
