-- More of the run's records. What is asked of arrived is asked of all of them.
create temporary table ${part} () inherits (arrived) on commit drop;
