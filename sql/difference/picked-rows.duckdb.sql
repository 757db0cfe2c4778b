-- Which rows of the files are wanted?
select *, false as is_new from picked_from where payment_id in (select name from wanted)
