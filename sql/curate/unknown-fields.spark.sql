-- Which fields does the contract not know, on how many lines, and which line showed each first? Reads `judged`.
select name, cast(count(*) as bigint) as line_count, min(struct(object, line_number)) as first_seen
from (
  select object, line_number, explode(names) as name
  from judged
  where names is not null
) named
group by name
order by first_seen, name
