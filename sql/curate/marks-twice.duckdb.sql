-- The marks that more than one line has. Filled in: files (a list), each with a mark on a line.
create or replace temp table marks_twice as
select distinct mark
from read_csv(${files}, columns = {'mark': 'varchar'}, header = false, auto_detect = false, delim = chr(1), quote = '', escape = '', new_line = '\n')
