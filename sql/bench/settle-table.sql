-- What a server does of itself some minutes after many rows were written. Filled in: table.
vacuum (analyze) ${table}
