-- Which migrations has this database had?
select number, name, checksum
from ledger.migrations
order by number;
