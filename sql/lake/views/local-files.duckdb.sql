-- Which object of the lake is which file here? Filled in: files.
create or replace temp view local_files as
select file, path from read_json(${files}, format = 'newline_delimited', columns = {file: 'VARCHAR', path: 'VARCHAR'})
