-- Which of the run's lines are of persons who are erased? Reads `suppressed`. Each id is hashed once, however many lines it has.
create or replace temp table erased_lines as
with users as (
  select distinct user_id
  from judged
  where line_id >= ${from} and user_id is not null
), gone as (
  select user_id
  from users
  where user_token(user_id) in (select name from suppressed)
)
select judged.line_id
from judged
semi join gone using (user_id)
where judged.line_id >= ${from};
