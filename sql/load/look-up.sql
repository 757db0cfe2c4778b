-- Until look-up-no-more.sql, what has arrived is looked up row by row, and each row written where it was found. The planner would rather
-- read the whole table, since it takes each page for one from the disk: but rows come in the order in which they lie there.
set local enable_hashjoin = off;
set local enable_mergejoin = off;
