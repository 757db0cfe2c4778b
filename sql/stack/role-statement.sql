-- What statement makes the login role $1 with the password $2, or sets its password where the role is there?
SELECT format(
  CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = $1) THEN 'ALTER ROLE %I LOGIN PASSWORD %L' ELSE 'CREATE ROLE %I LOGIN PASSWORD %L' END,
  $1::text, $2::text
) AS statement
