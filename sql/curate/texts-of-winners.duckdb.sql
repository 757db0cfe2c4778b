-- What do the lines say that no other line of their payment beats? As they lie in files of texts, with a mark and their hash before them.
-- Filled in: mark.
select concat('${mark}', lpad(cast(row_hash as varchar), 19, '0'), '|', canonical, chr(10))
from placed_lines
anti join losers on losers.line_id = placed_lines.line_id
