-- Which judged lines are not of an object that proved unreadable? Filled in by the job: gone (objects).
select *
from all_judged
where line_number > 0 and object not in (${gone})
