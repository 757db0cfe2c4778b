-- One view of all tables for the whole answer, and no writing.
set transaction isolation level repeatable read, read only;
