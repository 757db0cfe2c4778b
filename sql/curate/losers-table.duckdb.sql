-- The lines that another line of their payment beats. Filled in: losers.
create or replace temp table losers as ${losers}
