-- What do the committed rows of erased users add up to? Reads `committed_rows` and `erased_users`.
select currency, status, amount_cents, row_hash
from committed_rows
semi join erased_users using (user_id)
