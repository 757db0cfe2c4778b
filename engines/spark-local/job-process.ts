/** Starts the job's Python, which starts Java, and makes sure that none of them outlives the attempt, or this process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SluiceError } from '../../contract/errors';
import { childEnvironment } from '../child-environment';
import type { JobControl, JobProgress } from '../engine';
import { bytesOf } from '../memory-size';
import { jobFiles, JOBS_FOLDER, type JobName } from '../spark/job-files';

const SIGN_OF_LIFE_MS = 1000;
const KEPT_OF_STDERR = 16_000;
/** Below this, compiling Java's code well takes longer than it saves: 100,000 lines took half the processor without it. */
const SMALL_BYTES = 256 * 1024 * 1024;

export interface JobRun {
  readonly name: JobName;
  readonly python: string;
  readonly memoryLimit: string;
  readonly threads: number;
  /** for files in work; the caller removes it */
  readonly folder: string;
  /** uris */
  readonly job: string;
  readonly scratch: string;
  /** of the objects as they lie there */
  readonly bytes: number;
  /** given to the job alone */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
}

export async function runJob(run: JobRun, control: JobControl): Promise<void> {
  const child = spawn(run.python, argumentsOf(run), {
    env: environmentOf(run),
    // Its standard input stays open as long as this process lives: when it closes, the job ends.
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that a cancel reaches Java too.
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr = (stderr + text).slice(-KEPT_OF_STDERR); });
  const voice = listen(child, control);
  const cancel = (): void => killGroup(child);
  control.signal.addEventListener('abort', cancel, { once: true });
  if (control.signal.aborted) cancel();
  try {
    const { code, signal } = await ended(child);
    control.signal.throwIfAborted();
    if (code !== 0) throw failed(code, signal, run, stderr);
  } finally {
    // Java may be left where Python was killed alone.
    killGroup(child);
    clearInterval(voice);
    control.signal.removeEventListener('abort', cancel);
  }
}

function argumentsOf({ name, job, scratch, threads, memoryLimit, folder, bytes }: JobRun): readonly string[] {
  const mebibytes = Math.floor(bytesOf(memoryLimit, 'SLUICE_SPARK_MEMORY') / 1024 ** 2);
  return [
    jobFiles(name).entry, '--job', job, '--scratch', scratch, '--threads', String(threads), '--memory', `${mebibytes}m`, '--local-folder', join(folder, 'local'), '--lifeline',
    ...(bytes < SMALL_BYTES ? ['--java-options=-XX:TieredStopAtLevel=1'] : []),
  ];
}

function environmentOf({ python, folder, secrets }: JobRun): NodeJS.ProcessEnv {
  return {
    // Without SPARK_… and HADOOP_… too: a Spark of the machine's own, or its options, would be another Spark than the one that is tested.
    ...childEnvironment(), ...secrets, PYTHONPATH: JOBS_FOLDER, PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python, SPARK_LOCAL_IP: '127.0.0.1',
    // Nothing beside the job's folder: a process that is killed removes nothing.
    TMPDIR: folder, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1',
  };
}

/** Passes on what the job says of itself; and that it lives, where it has nothing to say. */
function listen(child: ChildProcess, { progress }: JobControl): NodeJS.Timeout {
  let last: JobProgress = { step: 'starting', ...(child.pid === undefined ? {} : { pid: child.pid }) };
  progress(last);
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const step = /^\{"step": "([a-z ]+)"\}$/.exec(line)?.[1];
    if (step === undefined) return;
    last = { ...last, step };
    progress(last);
  });
  return setInterval(() => progress(last), SIGN_OF_LIFE_MS).unref();
}

async function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new SluiceError({
      kind: 'configuration', what: 'cannot start the Python of the Spark job', on: error.message, fix: 'Check SLUICE_SPARK_PYTHON', cause: error,
    })));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Python's workers have a group of their own; they end when Java does. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of them are gone.
  }
}

function failed(code: number | null, signal: NodeJS.Signals | null, { memoryLimit }: JobRun, stderr: string): SluiceError {
  const how = signal ?? `exit code ${code}`;
  const on = `SLUICE_SPARK_MEMORY=${memoryLimit}`;
  if (/OutOfMemoryError|SparkOutOfMemory/.test(stderr)) {
    return new SluiceError({ kind: 'transient', what: 'the Spark job needs more than its memory', on, fix: 'Raise SLUICE_SPARK_MEMORY, or lower SLUICE_SPARK_THREADS, which share it', fields: { stderr } });
  }
  if (/System memory \d+ must be at least/.test(stderr)) {
    return new SluiceError({ kind: 'configuration', what: 'Spark does not start with so little memory', on, fix: 'Set SLUICE_SPARK_MEMORY to 600MB or more', fields: { stderr } });
  }
  if (/JAVA_HOME is not set|java: (command )?not found|JAVA_GATEWAY_EXITED/.test(stderr)) {
    return new SluiceError({
      kind: 'configuration', what: `Java did not start for the Spark job (${how}): ${reasonIn(stderr)}`, on: 'java',
      fix: 'Spark 3.5 needs Java 17: set JAVA_HOME to one, or see that it is the `java` on the PATH', fields: { stderr },
    });
  }
  return new SluiceError({
    kind: 'transient', what: `the Spark job ended with ${how}: ${reasonIn(stderr)}`, on, fix: 'It is tried again; if it ends so again, its last words say why', fields: { stderr },
  });
}

/** The last line of a Python traceback says what it was. */
function reasonIn(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  return (lines.findLast((line) => /^[\w.]*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? 'it said nothing').slice(0, 400);
}
