-- Which users of the committed rows are erased? Reads `committed_rows` and `suppressed`. Each id is hashed once, however many rows it has.
create or replace temp table erased_users as
with users as (
  select distinct user_id
  from committed_rows
  where user_id is not null
)
select user_id
from users
where user_token(user_id) in (select name from suppressed);
