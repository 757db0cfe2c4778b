-- Postgres that analyzes a table while its first rows are not committed yet notes none, on thousands of pages. Until it looks again, a minute
-- or more, it takes the table for empty and goes over all of it once for each row of another: a load of 100,000 changed payments of
-- 1,000,000 ran for ten minutes and was not over. So a load looks first; only the owner may analyze.
create function ledger.analyze_misjudged_payments() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
declare
  misjudged regclass;
begin
  for misjudged in
    select oid from pg_class
    where oid in ('public.hour_payments'::regclass, 'public.curated_payments'::regclass) and reltuples = 0 and pg_relation_size(oid) > 0
  loop
    execute format('analyze %s', misjudged);
  end loop;
end
$body$;

comment on function ledger.analyze_misjudged_payments() is 'Analyzes hour_payments and curated_payments where their statistics say that they are empty and their files are not.';

revoke execute on function ledger.analyze_misjudged_payments() from public;
grant execute on function ledger.analyze_misjudged_payments() to sluice_loader;
