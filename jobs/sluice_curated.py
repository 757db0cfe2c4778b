"""Curated files as Spark reads them, and several questions about them at once."""
from concurrent.futures import ThreadPoolExecutor
from functools import reduce

from pyspark.sql import DataFrame

from sluice_job import with_settings
from sluice_places import hadoop_path

# A question over a few small files is mostly waiting: for the driver to plan it and for a task to come free.
AT_ONCE = 8


def rows_of(spark, parts):
    """Each part: files, and the SQL that says which rows of them count."""
    frames = []
    for part in parts:
        spark.read.parquet(*map(hadoop_path, part["files"])).createOrReplaceTempView("files")
        frames.append(spark.sql(part["sql"]))
    return reduce(DataFrame.unionAll, frames)


def each_apart(spark, items, answer):
    """`answer(session, item)` for each, in the items' order; views of one session are not seen by another. The first error ends it."""
    def one(item):
        # A session has its own views, and would have the defaults' settings.
        return answer(with_settings(spark.newSession()), item)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(one, item) for item in items]
        try:
            return [future.result() for future in futures]
        except Exception:
            for future in futures:
                future.cancel()
            raise
