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

from pyspark.sql import SparkSession


def main(jobs, folder):
    with modules_of(jobs):
        import sluice_job
        given = ["--job", "none", "--threads", "2", "--memory", "700m", "--local-folder", folder, "--java-options=-XX:TieredStopAtLevel=1"]
        context = sluice_job.session(sluice_job.parsed(given)).sparkContext
        forget_session(context)
    for text in sys.stdin:
        print(json.dumps(ran(context, **json.loads(text))), flush=True)


def ran(context, entry, arguments):
    folder = os.path.dirname(entry)
    said = io.StringIO()
    sys.argv = [entry, *arguments]
    context.environment["PYTHONPATH"] = folder
    ok = False
    with modules_of(folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            runpy.run_path(entry, run_name="__main__")
            ok = True
        except BaseException:
            traceback.print_exc()
    forget_session(context)
    return {"ok": ok, "said": said.getvalue()}


@contextlib.contextmanager
def modules_of(folder):
    """Found there, and forgotten afterwards."""
    sys.path.insert(0, folder)
    yield
    sys.path.remove(folder)
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]


def forget_session(context):
    context._jvm.SparkSession.clearActiveSession()
    context._jvm.SparkSession.clearDefaultSession()
    SparkSession._instantiatedSession = None


if __name__ == "__main__":
    main(*sys.argv[1:])
