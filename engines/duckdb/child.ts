/**
 * The child process in which DuckDB runs: a query that blows up kills an attempt and not the worker. It does one job at a time.
 * After one that failed or was cancelled it ends; after one that is done its parent gives it another or hangs up. It ends too when
 * its parent does, since nobody would take its answer.
 */
import { rmSync } from 'node:fs';
import type { DuckDBInstance } from '@duckdb/node-api';
import { SluiceError } from '../../contract/errors';
import type { AskJob, BucketSumsJob, CarryOverJob, CompactJob, CurateJob, DifferenceJob, EraseJob, FindJob, JobProgress, KeptRowsJob, PartSumsJob, PickJob, SumsJob, TableJob } from '../engine';
import { ask } from './ask';
import { carryOver } from './carry-over';
import { compact, sumsByHour } from './compact';
import { bucketSums, keptRows, partSums } from './kept-rows';
import { curate } from './curate';
import { difference } from './difference';
import { erase } from './erase';
import { find } from './find';
import { JobContext } from './job-context';
import type { FailedMessage, FromChild, Jobs, JobName, StartMessage, ToChild } from './messages';
import { pick } from './pick';
import { sums } from './sums';
import { writeTable } from './write-table';

const PROGRESS_MS = 250;
/** A single query may take minutes and say nothing; whoever waits must know that it is alive. */
const SIGN_OF_LIFE_MS = 1000;

let context: JobContext | null = null;
let folder: string | null = null;
/** of the job before, for the next one */
let spare: DuckDBInstance | null = null;

process.on('message', (message: ToChild) => {
  if (message.type === 'cancel') {
    context?.interrupt();
    leave(1);
  } else {
    void start(message);
  }
});
process.on('disconnect', () => {
  context?.interrupt();
  leave(1);
});

async function start(message: StartMessage): Promise<void> {
  folder = message.folder;
  const voice = throttled();
  context = new JobContext(message.folder, message.threads, message.memory, voice.progress, spare);
  spare = null;
  try {
    const outcome = await run(message, context);
    voice.end();
    // First, so that what is left is what would stay.
    spare = await context.close();
    context = null;
    say({ type: 'done', outcome, left: process.memoryUsage.rss() });
  } catch (error) {
    say(failed(error, message), () => leave(1));
  }
}

async function run({ name, job }: StartMessage, within: JobContext): Promise<Jobs[JobName]['outcome']> {
  switch (name) {
    case 'curate': return curate(job as CurateJob, within);
    case 'sums': return sums(job as SumsJob, within);
    case 'difference': return difference(job as DifferenceJob, within);
    case 'pick': return pick(job as PickJob, within);
    case 'bucketSums': return bucketSums(job as BucketSumsJob, within);
    case 'partSums': return partSums(job as PartSumsJob, within);
    case 'keptRows': return keptRows(job as KeptRowsJob, within);
    case 'compact': return compact(job as CompactJob, within);
    case 'sumsByHour': return sumsByHour(job as SumsJob, within);
    case 'erase': return erase(job as EraseJob, within);
    case 'ask': return ask(job as AskJob, within);
    case 'writeTable': return writeTable(job as TableJob, within);
    case 'find': return find(job as FindJob, within);
    case 'carryOver': return carryOver(job as CarryOverJob, within);
  }
}

function throttled(): { readonly progress: (progress: JobProgress) => void; readonly end: () => void } {
  let saidAt = 0;
  let latest: JobProgress = { step: 'starting' };
  const sayLatest = (): void => {
    saidAt = Date.now();
    say({ type: 'progress', progress: latest });
  };
  sayLatest();
  const signs = setInterval(sayLatest, SIGN_OF_LIFE_MS).unref();
  return {
    progress: (progress) => {
      latest = progress;
      if (Date.now() - saidAt >= PROGRESS_MS) sayLatest();
    },
    end: () => clearInterval(signs),
  };
}

function failed(error: unknown, { memoryLimit }: StartMessage): FailedMessage {
  if (error instanceof SluiceError) return { type: 'failed', kind: error.kind, what: error.what, on: error.on, fix: error.fix };
  const text = error instanceof Error ? error.message : String(error);
  if (/out of memory/i.test(text)) {
    return {
      type: 'failed', kind: 'transient', what: `DuckDB needs more than its memory: ${text.split('\n')[0]}`, on: `SLUICE_DUCKDB_MEMORY=${memoryLimit}`,
      fix: 'Raise SLUICE_DUCKDB_MEMORY, or lower SLUICE_DUCKDB_THREADS, which share it',
    };
  }
  if (/ENOSPC|no space left|ENOENT|EMFILE|^IO Error/i.test(text)) {
    return { type: 'failed', kind: 'transient', what: text, fix: 'See to the disk of SLUICE_WORK_DIR' };
  }
  return { type: 'failed', what: text, stack: error instanceof Error ? error.stack : undefined };
}

function say(message: FromChild, then: () => void = () => undefined): void {
  if (process.send === undefined || !process.connected) return then();
  process.send(message, then);
}

function leave(code: number): never {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}
