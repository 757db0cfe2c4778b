-- What the written rows are summed by.
select currency, status, amount_cents, row_hash from winners
