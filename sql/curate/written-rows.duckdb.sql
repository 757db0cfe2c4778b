-- What the written rows are summed by. Filled in: rows (what was written, or the files of it).
select currency, status, amount_cents, row_hash from ${rows}
