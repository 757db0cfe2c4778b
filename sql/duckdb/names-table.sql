-- A place for names that a statement asks for.
create or replace temp table ${table} (name varchar)
