"""
The Spark job of curate: `curate.py --job URI`. The description at the URI says which objects to read, where to write, and holds the
project's SQL; nothing of the transform is written here. The summary is written last: without it, nothing was done.
"""
import re
from heapq import heappop, heappush
from itertools import chain

from sluice_job import run, say
from sluice_key import NoKey, pads_of
from sluice_letters import Letters
from sluice_places import below, files_below, hadoop_path, move_all
from sluice_read import Reader, read_schema
from sluice_summary import Books

# Dead letters of a file.
LETTERS_BYTES = 128 * 1024 * 1024
# Tasks that read: more than there are cores, so that one large object among small ones does not hold up the rest.
TASKS_A_CORE = 8


def curate(spark, description, out, scratch):
    sql = description["sql"]

    def ask(name, gone=""):
        return spark.sql(sql[name].replace("${gone}", gone))

    def view(name, frame):
        frame.createOrReplaceTempView(name)

    def table(name):
        return spark.read.parquet(hadoop_path(below(scratch, name)))

    def write(frame, name):
        frame.write.parquet(hadoop_path(below(scratch, name)))

    say("reading")
    suppression = description.get("suppression")
    pads = None if suppression is None else pads_of(suppression)
    view("read_lines", read_lines(spark, description, pads))
    view("lines", ask("lines"))
    view("suppressed", names(spark, [] if suppression is None else suppression["tokens"]))
    if pads is not None:
        # Rows, not words of a statement: Spark shows and logs its plans.
        view("erasure_key", spark.createDataFrame([pads], "inner_pad string, outer_pad string", verifySchema=False))
    # Written once: everything after it reads these files, and no object is read a second time.
    write(ask("judged"), "judged")
    view("all_judged", table("judged"))

    books = Books(description)
    books.read(ask("objects").collect())
    kept = ask("kept", ", ".join(map(str, books.gone())))
    if description["countSent"]:
        view("judged", kept.filter(kept["object"].isin(books.sent_objects())))
        books.sent(ask("sent").collect())
    view("judged", kept)
    books.judged(ask("counts").collect())
    books.unknown(ask("unknownFields").toLocalIterator())

    say("finding duplicates")
    view("placed_lines", ask("placed"))
    write(ask("losers"), "losers")
    view("losers", table("losers"))
    books.duplicates = spark.table("losers").count()

    say("writing")
    view("winners", ask("winners"))
    ask("files").write.partitionBy("p_dt", "p_merchant").parquet(hadoop_path(below(scratch, "curated")))
    written = files_below(below(scratch, "curated"))
    if written:
        view("rows_to_sum", table("curated"))
        books.summed(ask("sums").collect())
        books.filed(written, ask("fileRows").collect())
    letters = []
    if books.dead > 0:
        write_letters(spark, ask("refused"), description, books.letter_bytes, below(scratch, "letters"))
        letters = books.lettered(files_below(below(scratch, "letters")))

    say("placing files")
    move_all([
        *((below(scratch, f"curated/{source}"), below(out, f"curated/{target}")) for source, target in books.places),
        *((below(scratch, f"letters/{source}"), below(out, f"dead-letters/{target}")) for source, target in letters),
    ], description.get("kmsKeyId"))
    return books.outcome()


def read_lines(spark, description, pads):
    reader = Reader(description, pads)
    context = spark.sparkContext
    groups = spread([given.get("bytes") or 0 for given in description["objects"]], TASKS_A_CORE * context.defaultParallelism)
    rows = context.parallelize(groups, max(1, len(groups))).flatMap(lambda group: chain.from_iterable(map(reader.rows, group)))
    return spark.createDataFrame(rows, read_schema(description["fields"]), verifySchema=False)


def spread(sizes, most):
    """Objects in at most so many groups, the large ones first, each to the group that has least so far."""
    groups = [(0, i, []) for i in range(min(most, len(sizes)))]
    for index in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        size, i, group = heappop(groups)
        group.append(index)
        # An object costs something whatever its size.
        heappush(groups, (size + sizes[index] + 100_000, i, group))
    return [group for _, _, group in sorted(groups)]


def names(spark, all_of_them):
    return spark.createDataFrame([(name,) for name in set(all_of_them)], "name string", verifySchema=False)


def write_letters(spark, refused, description, size, target):
    letters = Letters(description)
    place = ("object", "line_number")
    ordered = refused.repartitionByRange(1 + size // LETTERS_BYTES, *place).sortWithinPartitions(*place)
    texts = ordered.rdd.map(lambda row: (letters.text(row),))
    spark.createDataFrame(texts, "value string", verifySchema=False).write.text(hadoop_path(target))


def failure_of(error):
    if isinstance(error, NoKey):
        return error.known
    # What a task knew about its failure comes through Java as text.
    stale = re.search(r"sluice_objects\.Stale: (\S+)", str(error))
    if stale is None:
        return None
    return {"kind": "manifest_stale", "what": "the object is no longer the one that landed", "on": stale.group(1), "fix": "The hour lands again"}


if __name__ == "__main__":
    run(curate, failure_of)
