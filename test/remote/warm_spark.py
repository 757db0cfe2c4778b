"""
One Java for the runs of a test file: a start costs more than all the work of such a run. Reads one run a line from standard input, answers with
one a line. A run has its own modules, its own session and its own environment of Python's workers; of the run before it it sees nothing.
"""
import contextlib
import io
import json
import os
import runpy
import sys
import traceback

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession


def main(threads, memory, folder):
    context = SparkContext(conf=SparkConf().setAll([
        ("spark.master", f"local[{threads}]"),
        ("spark.app.name", "warm"),
        ("spark.driver.memory", memory),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.local.dir", os.path.join(folder, "local")),
        ("spark.sql.warehouse.dir", os.path.join(folder, "warehouse")),
        ("spark.driver.extraJavaOptions", f"\"-Djava.io.tmpdir={folder}\" -XX:-UsePerfData -XX:+UseSerialGC -XX:TieredStopAtLevel=1"),
        ("spark.ui.enabled", "false"),
        ("spark.ui.showConsoleProgress", "false"),
        ("spark.sql.shuffle.partitions", str(4 * threads)),
    ]))
    for text in sys.stdin:
        print(json.dumps(ran(context, json.loads(text))), flush=True)


def ran(context, run):
    before = set(sys.modules)
    said = io.StringIO()
    sys.argv = [run["entry"], *run["arguments"]]
    sys.path.insert(0, run["folder"])
    context.environment["PYTHONPATH"] = run["folder"]
    ok = False
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            runpy.run_path(run["entry"], run_name="__main__")
            ok = True
        except BaseException:
            traceback.print_exc()
    sys.path.remove(run["folder"])
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(run["folder"]):
            del sys.modules[name]
    context._jvm.SparkSession.clearActiveSession()
    context._jvm.SparkSession.clearDefaultSession()
    SparkSession._instantiatedSession = None
    return {"ok": ok, "said": said.getvalue()}


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
