-- The run's records as they come.
copy arrived from stdin (format binary);
