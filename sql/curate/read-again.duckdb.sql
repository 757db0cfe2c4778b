-- Which lines must be read once more, with their numbers in quotes?
select n from lines where read_again order by n
