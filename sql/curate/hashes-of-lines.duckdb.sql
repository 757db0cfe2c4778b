-- Which hash did the rules give to these lines of a run of the transform? A refused line has none.
select n, row_hash
from judged
where line_id >= ${from} and n in (${lines})
