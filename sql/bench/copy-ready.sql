-- The records of a run as COPY takes them: what is left of a load where nobody has to read a topic.
copy arrived to stdout (format binary);
