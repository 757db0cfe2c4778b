-- The run's upserts as they come.
copy arrived from stdin (format binary);
