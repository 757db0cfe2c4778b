-- Before which transaction is every one over, as this view has it?
select pg_snapshot_xmin(pg_current_snapshot())::text as settled;
