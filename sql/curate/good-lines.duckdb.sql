-- The good lines whole, for the files.
select * exclude (n, reasons, status_rank) from judged where reasons = ''
