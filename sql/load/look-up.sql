-- Until look-up-no-more.sql, what has arrived is looked up row by row. A merge or hash join reads a whole table for the rows that a run
-- changes of it, and gives them in an order in which their pages are visited again; the planner takes each page for one from the disk.
set local enable_hashjoin = off;
set local enable_mergejoin = off;
