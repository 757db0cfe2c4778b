-- Who may do what? The owner is whoever applies migrations; the loader writes rows; the reader looks.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['sluice_loader', 'sluice_reader'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception
        -- Roles belong to the whole server: another database's migration may have been first.
        when duplicate_object or unique_violation then null;
        when insufficient_privilege then
          raise exception 'the role % does not exist and % may not create it', wanted, current_user
            using errcode = 'insufficient_privilege';
      end;
    end if;
  end loop;
end
$$;

do $$
begin
  execute format('grant connect, temporary on database %I to sluice_loader', current_database());
  execute format('grant connect on database %I to sluice_reader', current_database());
end
$$;

grant usage on schema ledger to sluice_loader, sluice_reader;
grant usage on schema public to sluice_loader, sluice_reader;
grant select on ledger.migrations to sluice_loader, sluice_reader;
