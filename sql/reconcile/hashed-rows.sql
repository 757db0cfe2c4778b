-- What is the hash of each kept row, made anew from its columns? Filled in: row_hash, the expression of the transform.
select *, ${row_hash} as row_hash from kept_rows
