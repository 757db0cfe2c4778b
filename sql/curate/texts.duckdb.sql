-- Which canonical texts are in these files, each behind its payment's mark? Nothing in them is the delimiter. Filled in: files (a list).
select mark, canonical
from read_csv(
  ${files}, columns = {'mark': 'varchar', 'canonical': 'varchar'}, header = false, auto_detect = false, delim = chr(1), quote = '', escape = '',
  new_line = '\n', max_line_size = 65536
)
