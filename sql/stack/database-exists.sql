-- Is there a database of this name?
SELECT 1 FROM pg_database WHERE datname = $1
