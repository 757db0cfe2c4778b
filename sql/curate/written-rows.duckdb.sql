-- What written rows are summed by. Filled in: files.
select currency, status, amount_cents, row_hash from ${files}
