-- Which lines decide about their payment? Not those of objects that could not be read to their end.
select * from ${lines} where doubtful not in (${gone})
