-- Which transaction is none yet that has written anything?
select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as id;
