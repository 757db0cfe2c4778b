"""
The Spark job of reconcile's scan: the committed files of hours, every hash and derived column made anew, summed by bucket. What a row is
is said by the description's SQL. An hour with a file that cannot be read is said to be such: who asks finds out which one it is.
"""
import re

from sluice_curated import each_apart, rows_of
from sluice_job import run, say

# What is wrong with a file and not with the machines. Spark 3.5 names some of them by class, some in words.
UNREADABLE = re.compile(
    r"PATH_NOT_FOUND|FileNotFoundException|is not a Parquet file|[Cc]ould not read footer|CANNOT_READ_FILE_FOOTER|UNABLE_TO_INFER_SCHEMA"
    r"|UNRESOLVED_COLUMN|CANNOT_MERGE_SCHEMAS|Parquet column cannot be converted|ParquetDecodingException|DATATYPE_MISMATCH|CAST_WITHOUT_SUGGESTION"
    r"|Encountered error while reading file|FAILED_READ_FILE|file schema is invalid|Illegal Parquet type"
)


def scan(spark, description, out, scratch):
    sql = description["sql"]
    say("summing buckets")
    return {"hours": each_apart(spark, description["hours"], lambda session, hour: scanned(session, sql, hour))}


def scanned(spark, sql, hour):
    try:
        rows_of(spark, hour["parts"]).createOrReplaceTempView("kept_files")
        for name, statement in (("kept_rows", sql["kept"]), ("winners", sql["hashed"]), ("anew", hour["anew"]), ("judged_rows", sql["judged"])):
            spark.sql(statement).createOrReplaceTempView(name)
        rows = [list(row) for row in spark.sql(sql["sums"]).collect()]
    except Exception as error:
        if UNREADABLE.search(str(error)) is None:
            raise
        return {"landingHour": hour["landingHour"], "rows": None}
    return {"landingHour": hour["landingHour"], "rows": rows}


if __name__ == "__main__":
    run(scan)
