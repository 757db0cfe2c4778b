-- The lane's judged lines are in files now.
truncate judged
