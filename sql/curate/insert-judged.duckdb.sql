-- More judged lines of the lane.
insert into judged by name ${judged}
