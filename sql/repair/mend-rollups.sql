-- The roll-ups of a reconciliation's day are made again from its payments, if the ledger has a note of it that is not done yet.
select rollups.mend($1) as mended;
