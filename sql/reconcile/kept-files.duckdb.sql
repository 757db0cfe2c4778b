-- Which rows of an hour's files are the hour's? Filled in: files, landing_hour (epoch microseconds), wanted (which of them are asked for).
-- Rows of other hours are left out of files that hours share, and nowhere else.
select *
from ${files}
where (landing_hour = timestamp_micros(${landing_hour}) or filename not in (select name from shared_files))
  and ${wanted}
