-- The key is worth nothing from now on; the first time counts.
update api.keys
set revoked_at = clock_timestamp(), revoked_by = $2
where key_id = $1 and revoked_at is null;
