-- What do the downloaded files say, with each row’s object as Athena’s "$path"? Filled in: stored (the rows, with their `filename`).
create or replace temp view curated_payments as
select stored.* exclude (filename), local_files.path as "$path"
from ${stored} as stored
inner join local_files on local_files.file = stored.filename
