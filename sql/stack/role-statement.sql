-- What statement makes the login role $1 with the password $2, or sets its password where the role is there? $3: whether row security
-- holds it. Postgres refuses COPY into a table with row security to a role that it holds, though its policy lets the loader write any row.
SELECT format(
  CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = $1) THEN 'ALTER ROLE %I LOGIN PASSWORD %L %s' ELSE 'CREATE ROLE %I LOGIN PASSWORD %L %s' END,
  $1::text, $2::text, CASE WHEN $3 THEN 'NOBYPASSRLS' ELSE 'BYPASSRLS' END
) AS statement
