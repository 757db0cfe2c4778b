-- With nothing to compare with, every row is new; a join would only cost memory.
select *, true as is_new from now_rows
