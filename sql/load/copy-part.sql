-- A part of the run's records as they come.
copy ${part} from stdin (format binary);
