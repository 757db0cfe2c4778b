-- The lane's judged lines, when it has none yet.
create temp table judged as ${judged}
