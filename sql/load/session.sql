-- What a load needs of its session. The interval ends the work of a worker that was killed: its locks must not outlive it.
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = '15min';
set local client_connection_check_interval = '5s';
-- A million rows are sorted in it. Loads as large merge one after the other (lock-keys.sql), so that it is taken once.
set local work_mem = '384MB';
set local jit = off;
