-- What statement lets the owner $1 make further databases? On a local stack only: tests keep apart by it.
SELECT format('ALTER ROLE %I CREATEDB', $1::text) AS statement
