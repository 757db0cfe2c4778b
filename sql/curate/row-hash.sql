-- What is the hash of a row's content? The first 60 bits, so that it has no sign. Filled in: canonical.
cast(conv(substr(md5(${canonical}), 1, 15), 16, 10) as bigint)
