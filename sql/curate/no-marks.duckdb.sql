-- The marks that more than one line has: there is none.
create or replace temp table marks_twice (mark varchar)
