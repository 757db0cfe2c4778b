-- How many cells do the roll-ups of a day have?
select
  (select count(*) from rollups.totals where dt = $1)
  + (select count(*) from rollups.declines where dt = $1)
  + (select count(*) from rollups.latency where dt = $1)
  + (select count(*) from rollups.longest where dt = $1)
  + (select count(*) from rollups.hours where dt = $1) as cells;
