-- Every key that was ever given out, the newest first.
select key_id, name, scopes, merchant_id, created_by, created_at, expires_at, revoked_at
from api.keys
order by created_at desc, key_id;
