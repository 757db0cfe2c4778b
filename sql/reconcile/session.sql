-- What a comparison needs of its session: one view of all tables, as long as it takes, and no writing.
set transaction isolation level repeatable read, read only;
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = '15min';
set local client_connection_check_interval = '5s';
set local work_mem = '64MB';
set local jit = off;
-- Row security has the planner expect a hundredth of the rows, and so few it would sort to sum them: sums of an hour took three times as long.
set local enable_sort = off;
