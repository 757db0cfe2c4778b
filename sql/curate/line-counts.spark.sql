-- How many lines are erased, and of the others, how many have which reasons (none: good), in how many bytes? Reads `judged`.
select erased, reasons, cast(count(*) as bigint) as line_count, cast(coalesce(sum(length(line)), 0) as bigint) as line_bytes
from judged
group by erased, reasons
