-- What this name stands for in the statements that follow, kept.
create or replace temp table ${name} as ${rows}
