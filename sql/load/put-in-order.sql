-- Records that came otherwise, of an older run or from the lake, into the order of their keys: once, for all the statements to come, whose
-- places in the indexes then lie one behind the other.
create temporary table in_order on commit drop as
select * from arrived
order by payment_id;

drop table arrived;
alter table in_order rename to arrived;
