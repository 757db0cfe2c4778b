-- Whose key has this hash, and may it still be used?
select key_id, name, scopes, merchant_id, created_by, created_at, expires_at, revoked_at
from api.keys
where hash = $1 and revoked_at is null and (expires_at is null or expires_at > clock_timestamp());
