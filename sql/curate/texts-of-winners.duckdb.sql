-- What do the lines say that no other line of their payment beats? With their hash before it.
select concat(lpad(cast(row_hash as varchar), 19, '0'), '|', canonical)
from placed_lines
anti join losers on losers.line_id = placed_lines.line_id
