"""
The Spark job of compaction: each merge's files become one, and what its rows added up to, hour by hour, is told. Which rows count, and
in which order they are written, is said by the description's SQL.
"""
from sluice_curated import each_apart, rows_of
from sluice_job import run, say
from sluice_places import below, files_below, hadoop_path, move_all


def merge(spark, description, out, scratch):
    sql = description["sql"]
    say("merging")
    made = each_apart(spark, list(enumerate(description["merges"])), lambda session, numbered: merged(session, sql, scratch, *numbered))
    say("placing files")
    move_all([(source, below(out, f"merged/{n}.parquet")) for n, (source, _) in enumerate(made)], description.get("kmsKeyId"))
    return {"merged": [told for _, told in made]}


def merged(spark, sql, scratch, n, parts):
    rows_of(spark, parts).createOrReplaceTempView("rows_to_sum")
    hours = [row.asDict() for row in spark.sql(sql["hours"]).collect()]
    name = f"merged-{n}"
    spark.sql(sql["merged"]).write.parquet(hadoop_path(below(scratch, name)))
    written = files_below(below(scratch, name))
    if len(written) != 1:
        raise AssertionError(f"a merge was written as {len(written)} files")
    (source, size), = written
    return below(scratch, f"{name}/{source}"), {"bytes": size, "hours": hours}


if __name__ == "__main__":
    run(merge)
