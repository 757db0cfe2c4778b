-- How many lines of the revision were refused for each reason?
insert into ledger.dead_letter_reasons (landing_hour, revision, reason, lines)
select $1, $2, reason, lines
from unnest($3::text[], $4::bigint[]) as counted (reason, lines);
