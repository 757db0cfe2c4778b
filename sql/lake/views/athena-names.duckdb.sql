-- What do Athena’s functions of the questions mean in DuckDB? Run once in a session.
create or replace temp macro from_unixtime_nanos(nanos) as make_timestamp(nanos // 1000)
