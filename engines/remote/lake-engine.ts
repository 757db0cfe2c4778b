/**
 * curate on machines of the provider's: a run is claimed, started or attached to, followed, and believed only by the summary that it
 * left in the lake. Killed anywhere, the next attempt finds the claim, the run or the summary and goes on from there.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { SluiceError } from '../../contract/errors';
import { jobFileKey, stagingPrefix } from '../../contract/lake-layout';
import { isOver, type RemoteRunNote, type RemoteState, type RemoteWork } from '../../contract/remote-run';
import type { CurateOutcome, LakeCurateControl, LakeCurateJob, LakeCurateOutcome, LakeEngine } from '../engine';
import { describeCurate, type JobDescription } from '../spark/description';
import { jobFiles, type JobFiles } from '../spark/job-files';
import { FAILURE_NAME, readFailure, readSummary, SUMMARY_NAME } from '../spark/summary';
import { claim, claimOf, type Claim, type LakeObjects } from './claims';

/** A run as its service tells it. */
export interface SeenRun {
  readonly id: string;
  readonly state: RemoteState;
  readonly note: RemoteRunNote;
  /** how it ended badly, and what to do; null where the service does not say so */
  readonly problem: SluiceError | null;
}

/** A service that runs jobs. */
export interface RemoteRuns<Call> {
  /** like `Glue job sluice-curate` */
  readonly on: string;
  /** the run of this work that the service knows of; null: none */
  find(work: RemoteWork<Call>, known: string | undefined): Promise<SeenRun | null>;
  /** attaches or starts, and answers when the run is over */
  follow(work: RemoteWork<Call>, control: LakeCurateControl): Promise<SeenRun>;
}

/** Where things lie in the lake, as s3:// */
export interface JobPlaces {
  readonly entry: string;
  readonly modules: readonly string[];
  readonly description: string;
}

export interface LakeEngineParts<Call> {
  readonly name: LakeEngine['name'];
  readonly runs: RemoteRuns<Call>;
  readonly lake: LakeObjects;
  readonly kmsKeyId?: string | undefined;
  /** how the service is told to run it */
  readonly callOf: (places: JobPlaces) => Call;
}

/** A run that fails for a reason of its own fails again, and each costs money. */
const RUNS_AT_MOST = 3;

export function createLakeEngine<Call>(parts: LakeEngineParts<Call>): LakeEngine {
  return {
    name: parts.name,
    async curateInLake(job, control) {
      refuseErased(parts, job);
      const files = jobFiles();
      const work = { landingHour: job.landingHour, revision: job.revision, digest: digestOf(parts, job, files) };
      control.progress({ step: `preparing a run of ${parts.runs.on}` });
      let current = await claimOf(parts.lake, work);
      for (;;) {
        const one = oneRun(parts, job, files, current);
        const before = current.found ? await endedBefore(parts, one, control) : null;
        if (before === null) return await runIt(parts, one, control);
        if (!(before instanceof SluiceError)) return before;
        if (!before.retryable) throw before;
        if (current.n >= RUNS_AT_MOST) throw givenUp(before, current.n);
        control.progress({ step: `starting anew: ${before.what}` });
        current = await claim(parts.lake, work, current.n + 1);
      }
    },
  };
}

/** All of one claim. */
interface OneRun<Call> {
  readonly work: RemoteWork<Call>;
  readonly claim: Claim;
  readonly description: JobDescription;
  readonly descriptionKey: string;
  readonly prefix: string;
  readonly files: JobFiles;
}

function oneRun<Call>(parts: LakeEngineParts<Call>, job: LakeCurateJob, files: JobFiles, taken: Claim): OneRun<Call> {
  const { landingHour, revision } = job;
  const prefix = stagingPrefix(landingHour, revision, taken.attempt);
  const descriptionKey = `${prefix}job.json`;
  const places = {
    entry: uriOf(parts, jobFileKey(files.digest, basename(files.entry))),
    modules: files.modules.map((path) => uriOf(parts, jobFileKey(files.digest, basename(path)))),
    description: uriOf(parts, descriptionKey),
  };
  return {
    work: { identity: taken.identity, landingHour, revision, claimedAt: taken.claimedAt, call: parts.callOf(places) },
    claim: taken, description: describe(parts, job, taken.attempt, prefix), descriptionKey, prefix, files,
  };
}

/** What became of the run that an earlier attempt claimed: its outcome, why another is needed, or null: it is at work or was never started. */
async function endedBefore<Call>(parts: LakeEngineParts<Call>, one: OneRun<Call>, control: LakeCurateControl): Promise<LakeCurateOutcome | SluiceError | null> {
  const run = await parts.runs.find(one.work, control.externalRun);
  const outcome = await outcomeOf(parts, one);
  if (outcome !== null && !(outcome instanceof SluiceError) && run !== null && isOver(run.state)) return learned(one, outcome, { ...run.note, attached: true });
  if (run !== null) return isOver(run.state) ? problemOf(parts, one, run, outcome) : null;
  // It was seen by the attempt before and is not there any more. What it may still write stays in its own prefix.
  return control.externalRun === undefined ? null : new SluiceError({ kind: 'transient', what: `the run ${control.externalRun} is gone`, on: parts.runs.on, fix: 'It is started anew' });
}

async function runIt<Call>(parts: LakeEngineParts<Call>, one: OneRun<Call>, control: LakeCurateControl): Promise<LakeCurateOutcome> {
  await upload(parts, one);
  const run = await parts.runs.follow(one.work, control);
  const outcome = await outcomeOf(parts, one);
  if (outcome !== null && !(outcome instanceof SluiceError)) return learned(one, outcome, run.note);
  const problem = problemOf(parts, one, run, outcome);
  throw problem.retryable && one.claim.n >= RUNS_AT_MOST ? givenUp(problem, one.claim.n) : problem;
}

function learned<Call>(one: OneRun<Call>, outcome: CurateOutcome, run: RemoteRunNote): LakeCurateOutcome {
  return { attempt: one.claim.attempt, stagingPrefix: one.prefix, outcome, run };
}

/** What the job itself knows of its failure comes before what the service says; a run that is said to have gone well and left nothing did not go well. */
function problemOf<Call>(parts: LakeEngineParts<Call>, one: OneRun<Call>, run: SeenRun, outcome: CurateOutcome | SluiceError | null): SluiceError {
  if (outcome instanceof SluiceError) return outcome;
  return run.problem ?? new SluiceError({
    kind: 'transient', what: `the run ${run.id} is said to have gone well and left no summary`, on: `${one.prefix}${SUMMARY_NAME}`,
    fix: `Nothing of it is used. Look at its log (${run.note.log}) and whether its role may write there (infra/job-${parts.name}.json)`,
    fields: { externalRun: run.id },
  });
}

function givenUp(last: SluiceError, runs: number): SluiceError {
  return new SluiceError({
    kind: 'data', what: `${runs} runs of the same work ended badly, the last: ${last.what}`,
    ...(last.on === undefined ? {} : { on: last.on }), fix: `${last.fix ?? ''}. Then ask for the hour again`, fields: last.fields, cause: last,
  });
}

/** Of the run in this prefix: its summary, or why it cannot be used; null: it left nothing. */
async function outcomeOf<Call>({ lake }: LakeEngineParts<Call>, { prefix, description }: OneRun<Call>): Promise<CurateOutcome | SluiceError | null> {
  const summary = await lake.readText(`${prefix}${SUMMARY_NAME}`);
  try {
    if (summary !== null) return readSummary(summary.text, description.sha256, `${prefix}${SUMMARY_NAME}`);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  const failure = await lake.readText(`${prefix}${FAILURE_NAME}`);
  return failure === null ? null : readFailure(failure.text, description.sha256);
}

/** The job's files under the digest of what is in them: what is there already is right. */
async function upload<Call>({ lake }: LakeEngineParts<Call>, { files, description, descriptionKey }: OneRun<Call>): Promise<void> {
  for (const path of [...files.modules, files.entry]) {
    const key = jobFileKey(files.digest, basename(path));
    if ((await lake.readText(key)) === null) await lake.put(key, readFileSync(path, 'utf8'));
  }
  await lake.put(descriptionKey, description.json);
}

function describe<Call>({ lake, kmsKeyId }: LakeEngineParts<Call>, job: LakeCurateJob, attempt: string, prefix: string): JobDescription {
  const { objects, ...rest } = job;
  return describeCurate({
    ...rest, attempt,
    objects: objects.map((object) => ({ ...object, uri: `s3://${lake.bucket}/${object.key}` })),
    out: `s3://${lake.bucket}/${prefix.slice(0, -1)}`,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
  });
}

/** The same for every attempt at the same work, and another one where the transform, the job's files or the service differ. */
function digestOf<Call>(parts: LakeEngineParts<Call>, job: LakeCurateJob, files: JobFiles): string {
  return createHash('sha256').update(`${parts.name}\n${parts.runs.on}\n${files.digest}\n${describe(parts, job, '', '/').sha256}`).digest('hex');
}

/** The hashes of erased persons are keyed, and in a job's description the key would lie in the lake beside them. */
function refuseErased<Call>({ name }: LakeEngineParts<Call>, { suppression, landingHour }: LakeCurateJob): void {
  if (suppression === undefined) return;
  throw new SluiceError({
    kind: 'configuration', what: `persons are erased, and ${name} is not given the key by which their lines are known`, on: landingHour,
    fix: 'Curate with SLUICE_ENGINE=duckdb or spark-local', fields: { engine: name },
  });
}

function uriOf<Call>({ lake }: LakeEngineParts<Call>, key: string): string {
  return `s3://${lake.bucket}/${key}`;
}
