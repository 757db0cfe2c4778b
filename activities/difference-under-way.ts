/**
 * The difference of an hour's revision from the one loaded last, as an engine takes it into a spool that is read meanwhile. Neither goes on
 * without the other: who reads fails with what the difference failed with, and ends it when there is nobody to read any more.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Commit, CommittedFile, PublishMode } from '../contract/run';
import type { RevisionRef } from '../contract/stages';
import type { CuratedPath, DifferenceJob, DifferenceOutcome, Engine, JobControl } from '../engines/engine';
import type { Lake } from '../stores/lake';
import { downloadCommitted } from './committed-files';

export interface DifferenceToTake extends RevisionRef, Pick<DifferenceJob, 'format' | 'spool' | 'valueHeader'> {
  readonly publish: PublishMode;
  readonly now: Commit;
  readonly base: Commit | null;
  /** for the committed files */
  readonly folder: string;
}

export class DifferenceUnderWay {
  /** how many frames the spool has, when it has all */
  readonly records: Promise<number>;
  private failure: unknown;
  private readonly over: Promise<void>;

  private constructor(readonly outcome: Promise<DifferenceOutcome>, private readonly ending: AbortController) {
    this.over = outcome.then(() => undefined, (error: unknown) => { if (!ending.signal.aborted) this.failure = error; });
    this.records = outcome.then(({ upserted, retracted }) => upserted + retracted);
    // An attempt that has nothing to send asks for neither before it is over.
    this.records.catch(() => undefined);
  }

  /** Returns when what the spool gets will stay in it: at once, unless it may have to be begun again. */
  static async start(parts: { readonly engine: Engine; readonly lake: Lake }, take: DifferenceToTake, control: JobControl): Promise<DifferenceUnderWay> {
    const { landingHour, revision, publish, now, base, format, spool, valueHeader, folder } = take;
    const download = (name: string, files: readonly CommittedFile[]): Promise<readonly CuratedPath[]> =>
      downloadCommitted(parts.lake, landingHour, files, join(folder, name), control.signal, (count) => {
        control.progress({ step: `downloading ${name} file ${count} of ${files.length}` });
      });
    const job = { landingHour, revision, publish, now: await download('now', now.files), format, spool, valueHeader };
    const files = await download('base', base === null ? [] : publish === 'all' ? await stillThere(parts.lake, base.files) : base.files);
    const ending = new AbortController();
    const endable = { ...control, signal: AbortSignal.any([control.signal, ending.signal]) };
    // Whoever reads it need not wait for the engine to make it.
    await writeFile(spool, '');
    const begunAgain = publish === 'all' && files.length > 0;
    const outcome = begunAgain ? withoutWhatIsDamaged(parts.engine, { ...job, base: files }, endable) : parts.engine.difference({ ...job, base: files }, endable);
    const underWay = new DifferenceUnderWay(outcome, ending);
    if (begunAgain) await outcome;
    return underWay;
  }

  /** Ends it, if it goes on, and waits until it has. Answers with what it had failed with by itself, undefined where it had not. */
  async end(): Promise<unknown> {
    this.ending.abort();
    await this.over;
    return this.failure;
  }
}

async function withoutWhatIsDamaged(engine: Engine, job: DifferenceJob, control: JobControl): Promise<DifferenceOutcome> {
  try {
    return await engine.difference(job, control);
  } catch (error) {
    if (control.signal.aborted || await isReadable(engine, job.base, control)) throw error;
    return engine.difference({ ...job, base: [] }, control);
  }
}

/**
 * Whoever publishes everything may do so because files of the base were lost or damaged. What they had cannot be retracted then;
 * Postgres loses it all the same, since the load removes what the revision does not have.
 */
async function stillThere(lake: Lake, files: readonly CommittedFile[]): Promise<readonly CommittedFile[]> {
  const there: CommittedFile[] = [];
  for (const file of files) if (await lake.exists(file.key)) there.push(file);
  return there;
}

async function isReadable(engine: Engine, files: readonly CuratedPath[], control: JobControl): Promise<boolean> {
  return engine.sums({ files }, control).then(() => true, () => false);
}
