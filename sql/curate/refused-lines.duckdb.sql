-- Which lines of this run were refused, and why?
select n, reasons from judged where line_id >= ${from} and reasons <> '' order by n
