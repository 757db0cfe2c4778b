-- What is the keyed hash of a user id? HMAC-SHA256 (RFC 2104) by its two hashes. Reads `erasure_key`, one row: the key's two blocks, in hex.
sha2(concat(
  unhex((select outer_pad from erasure_key)),
  unhex(sha2(concat(unhex((select inner_pad from erasure_key)), encode(user_id, 'UTF-8')), 256))
), 256)
