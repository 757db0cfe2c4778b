-- What do the lines say that no other line of their payment beats?
select canonical from placed_lines anti join losers on losers.line_id = placed_lines.line_id
