-- Until the transaction ends, rows are put into their groups by hashing. Of an hour that was loaded just now the server's statistics know
-- nothing: the planner takes it for some thirty rows, which it would sort first. A million of them are sorted in files.
set local enable_sort = off;
