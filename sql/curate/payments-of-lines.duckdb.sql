-- Of which payments are the good lines of this run of the transform?
select payment_id from judged where line_id >= ${from} and reasons = ''
