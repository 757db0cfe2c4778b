"""
What every Spark job of Sluice does: `<job>.py --job URI`. The description at the URI says what to read, where to write, and holds the
project's SQL. The summary is written last: without it, nothing was done.
"""
import argparse
import hashlib
import json
import os
import sys
import threading

from pyspark.sql import SparkSession

from sluice_places import below, read_all, remove_below, write_all

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


def run(work, failure_of=lambda error: None):
    """`work(spark, description, out, scratch)` answers with the summary. `failure_of`: what is known of an error; None: nothing."""
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
        outcome = work(session(arguments), description, out, scratch)
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
    builder = SparkSession.builder.appName("sluice")
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
    return with_settings(spark)


def with_settings(spark):
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    return spark


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
