-- Which good lines are not beaten by another line of their payment? Reads `judged` and `losers`.
select judged.*
from judged
left anti join losers on losers.line_id = judged.line_id
where judged.reasons = '' and not judged.erased
