-- How did the reading of each object end, and what was counted on the way? Reads `all_judged`; an object's end has the line number 0.
select object, ended.line_count, ended.blank_count, ended.card_count, ended.unreadable
from all_judged
where line_number = 0
order by object
