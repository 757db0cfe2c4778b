-- What does this name stand for in the statements that follow?
create or replace temp view ${name} as ${rows}
