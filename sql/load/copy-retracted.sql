-- What the run takes back, as it comes.
copy retracted from stdin (format binary);
