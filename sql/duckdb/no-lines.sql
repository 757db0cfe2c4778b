-- No line at all, with the column of the files of losers.
(select 0::bigint as line_id limit 0)
