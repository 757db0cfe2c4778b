-- What do these Parquet files say, column by column?
select ${columns} from ${files}
