-- What do curated files say? Reads `files`. Filled in: columns, instants made those of UTC that the statements of both engines read (files have
-- them without a zone); wanted, which of the rows count, true for all. Nobody asks Spark in which file a row is.
select ${columns}, cast(null as string) as filename
from files
where ${wanted}
