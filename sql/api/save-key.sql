-- A new key.
insert into api.keys (key_id, hash, name, scopes, merchant_id, created_by, expires_at)
values ($1, $2, $3, $4, $5, $6, $7);
