-- The lines that are read once more are not judged as they are.
delete from lines where read_again
