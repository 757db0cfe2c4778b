-- What statement makes the database $1, owned by the role $2?
SELECT format('CREATE DATABASE %I OWNER %I', $1::text, $2::text) AS statement
