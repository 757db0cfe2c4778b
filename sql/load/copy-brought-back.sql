-- Whole rows from the lake.
copy brought_back from stdin (format binary);
