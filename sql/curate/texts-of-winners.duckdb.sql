-- What do the lines say that no other line of their payment beats? As they lie in files of texts, with a mark and their hash before them.
-- Not by a join: DuckDB would keep the texts in memory, and look for the losers among them. Filled in: mark.
select concat('${mark}', lpad(cast(row_hash as varchar), 19, '0'), '|', canonical, chr(10))
from placed_lines
where line_id not in (select line_id from losers)
