"""
The Spark job of curate: `curate.py --job URI`. The description at the URI says which objects to read, where to write, and holds the
project's SQL; nothing of the transform is written here. The summary is written last: without it, nothing was done.
"""
import argparse
import hashlib
import json
import os
import re
import sys
import threading
from heapq import heappop, heappush
from itertools import chain

from pyspark.sql import SparkSession

from sluice_letters import Letters
from sluice_places import below, files_below, hadoop_path, move_all, read_all, remove_below, write_all
from sluice_read import Reader, read_schema
from sluice_summary import Books

# Dead letters of a file.
LETTERS_BYTES = 128 * 1024 * 1024
# Tasks that read: more than there are cores, so that one large object among small ones does not hold up the rest.
TASKS_A_CORE = 8

# None of them changes what a row is on the Spark we test with; each is a default somewhere else.
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # `007` is a merchant and no number.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.adaptive.enabled": "true",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}


def main():
    arguments = parsed(sys.argv[1:])
    text = read_all(arguments.job)
    description = json.loads(text)
    digest = hashlib.sha256(text).hexdigest()
    out = description["out"]
    scratch = arguments.scratch or below(out, ".work")
    if arguments.lifeline:
        end_with_parent()
    try:
        say("starting")
        spark = session(arguments)
        outcome = curate(spark, description, out, scratch)
        write_all(below(out, "summary.json"), json.dumps({"job": digest, **outcome}).encode("ascii"), description.get("kmsKeyId"))
        say("done")
    except Exception as error:
        known = failure_of(error)
        if known is not None:
            write_all(below(out, "failure.json"), json.dumps({"job": digest, **known}).encode("ascii"), description.get("kmsKeyId"))
        raise
    finally:
        remove_below(scratch)


def parsed(given):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--job", required=True, help="uri of the description")
    parser.add_argument("--scratch", help="uri for files in work; absent: below the description's out")
    parser.add_argument("--threads", type=int, help="run on this machine alone, with so many threads")
    parser.add_argument("--memory", help="heap of the Java process, like 1000m; with --threads")
    parser.add_argument("--java-options", default="", help="more options of the Java process; with --threads")
    parser.add_argument("--local-folder", help="for what does not fit into memory; with --threads")
    parser.add_argument("--lifeline", action="store_true", help="end when standard input does: whoever started this is gone")
    # A service adds arguments of its own.
    return parser.parse_known_args(given)[0]


def session(arguments):
    builder = SparkSession.builder.appName("sluice-curate")
    if arguments.threads is not None:
        builder = (
            builder.master(f"local[{arguments.threads}]")
            .config("spark.driver.memory", arguments.memory)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.local.dir", arguments.local_folder)
            .config("spark.driver.extraJavaOptions", f"\"-Djava.io.tmpdir={os.environ.get('TMPDIR', '/tmp')}\" -XX:-UsePerfData -XX:+UseSerialGC {arguments.java_options}")
            .config("spark.sql.warehouse.dir", os.path.join(arguments.local_folder, "warehouse"))
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            # Partitions of a shuffle: the default is for a cluster, and costs seconds here.
            .config("spark.sql.shuffle.partitions", str(4 * arguments.threads))
        )
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    return spark


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
    view("read_lines", read_lines(spark, description))
    view("lines", ask("lines"))
    view("suppressed", suppressed(spark, description))
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


def read_lines(spark, description):
    reader = Reader(description)
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


def suppressed(spark, description):
    tokens = (description.get("suppression") or {"tokens": []})["tokens"]
    return spark.createDataFrame([(token,) for token in set(tokens)], "name string", verifySchema=False)


def write_letters(spark, refused, description, size, target):
    letters = Letters(description)
    place = ("object", "line_number")
    ordered = refused.repartitionByRange(1 + size // LETTERS_BYTES, *place).sortWithinPartitions(*place)
    texts = ordered.rdd.map(lambda row: (letters.text(row),))
    spark.createDataFrame(texts, "value string", verifySchema=False).write.text(hadoop_path(target))


def failure_of(error):
    """What a task knew about its failure comes through Java as text."""
    stale = re.search(r"sluice_objects\.Stale: (\S+)", str(error))
    if stale is None:
        return None
    return {"kind": "manifest_stale", "what": "the object is no longer the one that landed", "on": stale.group(1), "fix": "The hour lands again"}


def end_with_parent():
    def wait():
        # Not sys.stdin: a thread that holds its lock makes Python abort at its end.
        while os.read(0, 4096):
            pass
        # Java ends when its pipe to this process closes, and takes its own children along.
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def say(step):
    print(json.dumps({"step": step}), flush=True)


if __name__ == "__main__":
    main()
