-- Which rows are there, as they are?
select * from ${rows}
