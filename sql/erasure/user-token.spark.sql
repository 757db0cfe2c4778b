-- What is the keyed hash of a user id? HMAC-SHA256 (RFC 2104) by its two hashes. Filled in: the key's two blocks, in hex.
sha2(concat(unhex('${outer_pad}'), unhex(sha2(concat(unhex('${inner_pad}'), encode(user_id, 'UTF-8')), 256))), 256)
