-- What became of each line, with an id that no other line of the job has, and the object on whose end it depends?
select *, ${from}::bigint + n as line_id, ${doubtful} as doubtful from (${judge})
