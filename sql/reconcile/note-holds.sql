-- Does a note of rows that were right say anything here? Not if it was copied from another cluster, whose numbers of transactions are others, nor if it
-- is so old that 32 bits of a number no longer say which of two is older. Filled in: note.
${note}.xmin = ${note}.noted_in::xid
  and pg_snapshot_xmax(pg_current_snapshot())::text::numeric - ${note}.settled::text::numeric between 0 and 2000000000
