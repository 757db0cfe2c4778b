-- Which good lines are neither of an object that proved unreadable nor beaten by another line of their payment?
-- Filled in: lines and losers (tables of Parquet files), gone (objects).
select lines.* exclude (line_id, doubtful)
from (select * from ${lines} where doubtful not in (${gone})) lines
anti join (select line_id from ${losers}) losers on losers.line_id = lines.line_id
