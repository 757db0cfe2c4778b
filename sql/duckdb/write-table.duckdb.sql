-- A table of texts as a Parquet file. Filled in: columns (each cast to its type), names (of them, all texts), rows and file (paths).
copy (
  select ${columns}
  from read_json(${rows}, format = 'newline_delimited', columns = {${names}}, maximum_object_size = 4194304)
) to ${file} (format parquet, compression zstd);
