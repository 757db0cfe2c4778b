-- Which lines were refused, why, and what did they say? Reads `judged`; what is of an erased person is nobody's to read.
select object, line_number, position, length, line, sha256, reasons
from judged
where reasons <> '' and not erased
