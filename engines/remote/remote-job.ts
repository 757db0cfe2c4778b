/**
 * A Spark job on machines of the provider's: a run is claimed, started or attached to, followed, and believed only by the summary that it
 * left in the lake. Killed anywhere, the next attempt finds the claim, the run or the summary and goes on from there.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { SluiceError } from '../../contract/errors';
import { jobFileKey } from '../../contract/lake-layout';
import { isOver, type RemoteRunNote, type RemoteState, type RemoteWork, type StartGate } from '../../contract/remote-run';
import type { LakeCurateControl } from '../engine';
import type { JobDescription } from '../spark/description';
import { jobFiles, type JobFiles, type JobName } from '../spark/job-files';
import { FAILURE_NAME, readFailure, SUMMARY_NAME } from '../spark/summary';
import { claim, claimOf, type Claim, type ClaimedWork, type LakeObjects } from './claims';
import { StartTickets } from './start-tickets';

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
  follow(work: RemoteWork<Call>, control: LakeCurateControl & { readonly gate?: StartGate }): Promise<SeenRun>;
}

/** Where things lie in the lake, as s3:// */
export interface JobPlaces {
  readonly entry: string;
  readonly modules: readonly string[];
  readonly description: string;
}

export interface RemoteParts<Call> {
  /** of the service, as infra/ has it in its names */
  readonly name: string;
  readonly runs: RemoteRuns<Call>;
  readonly lake: LakeObjects;
  readonly kmsKeyId?: string | undefined;
  /** asked twice under one identity, the service starts one run */
  readonly startsOnce: boolean;
  /** how the service is told to run it */
  readonly callOf: (places: JobPlaces) => Call;
}

export interface RemoteJob<Outcome> {
  readonly entry: JobName;
  /** begins the identity of its runs */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** prefixes of the lake: of its claims, and of the staging of an attempt */
  readonly claims: string;
  readonly staging: (attempt: string) => string;
  /** `out`: s3://, without a last slash. The same work gives the same description but for the two */
  readonly describe: (attempt: string, out: string) => JobDescription;
  readonly read: (summary: string, sha256: string, on: string) => Outcome;
}

export interface RemoteOutcome<Outcome> {
  readonly attempt: string;
  /** of the lake, ending in a slash */
  readonly prefix: string;
  readonly outcome: Outcome;
  readonly run: RemoteRunNote;
}

/** A run that fails for a reason of its own fails again, and each costs money. */
const RUNS_AT_MOST = 3;

export async function runRemotely<Call, Outcome>(parts: RemoteParts<Call>, job: RemoteJob<Outcome>, control: LakeCurateControl): Promise<RemoteOutcome<Outcome>> {
  const files = jobFiles(job.entry);
  const work: ClaimedWork = { name: job.name, claims: job.claims, digest: digestOf(parts, job) };
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
}

/** The same for every attempt at the same work, and another one where the SQL, the job's files or the service differ. */
export function digestOf<Call>(parts: RemoteParts<Call>, { entry, describe }: Pick<RemoteJob<unknown>, 'entry' | 'describe'>): string {
  return createHash('sha256').update(`${parts.name}\n${parts.runs.on}\n${jobFiles(entry).digest}\n${describe('', '/').sha256}`).digest('hex');
}

/** All of one claim. */
interface OneRun<Call, Outcome> {
  readonly work: RemoteWork<Call>;
  readonly claim: Claim;
  readonly description: JobDescription;
  readonly descriptionKey: string;
  readonly prefix: string;
  readonly files: JobFiles;
  readonly read: RemoteJob<Outcome>['read'];
}

function oneRun<Call, Outcome>(parts: RemoteParts<Call>, job: RemoteJob<Outcome>, files: JobFiles, taken: Claim): OneRun<Call, Outcome> {
  const prefix = job.staging(taken.attempt);
  const descriptionKey = `${prefix}job.json`;
  const places = {
    entry: uriOf(parts, jobFileKey(files.digest, basename(files.entry))),
    modules: files.modules.map((path) => uriOf(parts, jobFileKey(files.digest, basename(path)))),
    description: uriOf(parts, descriptionKey),
  };
  return {
    work: { identity: taken.identity, labels: job.labels, claimedAt: taken.claimedAt, call: parts.callOf(places) },
    claim: taken, description: job.describe(taken.attempt, uriOf(parts, prefix.slice(0, -1))), descriptionKey, prefix, files, read: job.read,
  };
}

/** What became of the run that an earlier attempt claimed: its outcome, why another is needed, or null: it is at work or was never started. */
async function endedBefore<Call, Outcome>(
  parts: RemoteParts<Call>, one: OneRun<Call, Outcome>, control: LakeCurateControl,
): Promise<RemoteOutcome<Outcome> | SluiceError | null> {
  const run = await parts.runs.find(one.work, control.externalRun);
  const left = await leftBy(parts, one);
  if (left !== null && !(left instanceof SluiceError) && run !== null && isOver(run.state)) return learned(one, left.outcome, { ...run.note, attached: true });
  if (run !== null) return isOver(run.state) ? problemOf(parts, one, run, left) : null;
  // It was seen by the attempt before and is not there any more. What it may still write stays in its own prefix.
  return control.externalRun === undefined ? null : new SluiceError({ kind: 'transient', what: `the run ${control.externalRun} is gone`, on: parts.runs.on, fix: 'It is started anew' });
}

async function runIt<Call, Outcome>(parts: RemoteParts<Call>, one: OneRun<Call, Outcome>, control: LakeCurateControl): Promise<RemoteOutcome<Outcome>> {
  await upload(parts, one);
  const run = await parts.runs.follow(one.work, { ...control, ...(parts.startsOnce ? {} : { gate: new StartTickets(parts.lake, one.claim.tickets) }) });
  const left = await leftBy(parts, one);
  if (left !== null && !(left instanceof SluiceError)) return learned(one, left.outcome, run.note);
  const problem = problemOf(parts, one, run, left);
  throw problem.retryable && one.claim.n >= RUNS_AT_MOST ? givenUp(problem, one.claim.n) : problem;
}

function learned<Call, Outcome>(one: OneRun<Call, Outcome>, outcome: Outcome, run: RemoteRunNote): RemoteOutcome<Outcome> {
  return { attempt: one.claim.attempt, prefix: one.prefix, outcome, run };
}

/** What the job itself knows of its failure comes before what the service says; a run that is said to have gone well and left nothing did not go well. */
function problemOf<Call, Outcome>(parts: RemoteParts<Call>, one: OneRun<Call, Outcome>, run: SeenRun, left: Left<Outcome> | SluiceError | null): SluiceError {
  if (left instanceof SluiceError) return left;
  return run.problem ?? new SluiceError({
    kind: 'transient', what: `the run ${run.id} is said to have gone well and left no summary`, on: `${one.prefix}${SUMMARY_NAME}`,
    fix: `Nothing of it is used. Look at its log (${run.note.log}) and whether its role may write there (infra/job-${parts.name}.json)`,
    fields: { externalRun: run.id },
  });
}

function givenUp(last: SluiceError, runs: number): SluiceError {
  return new SluiceError({
    kind: 'data', what: `${runs} runs of the same work ended badly, the last: ${last.what}`,
    ...(last.on === undefined ? {} : { on: last.on }), fix: `${last.fix ?? ''}. Then ask for it again`, fields: last.fields, cause: last,
  });
}

interface Left<Outcome> {
  readonly outcome: Outcome;
}

/** By the run in this prefix: its summary, or why it cannot be used; null: it left nothing. */
async function leftBy<Call, Outcome>({ lake }: RemoteParts<Call>, { prefix, description, read }: OneRun<Call, Outcome>): Promise<Left<Outcome> | SluiceError | null> {
  const summary = await lake.readText(`${prefix}${SUMMARY_NAME}`);
  try {
    if (summary !== null) return { outcome: read(summary.text, description.sha256, `${prefix}${SUMMARY_NAME}`) };
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  const failure = await lake.readText(`${prefix}${FAILURE_NAME}`);
  return failure === null ? null : readFailure(failure.text, description.sha256);
}

/** The job's files under the digest of what is in them: what is there already is right. */
async function upload<Call, Outcome>({ lake }: RemoteParts<Call>, { files, description, descriptionKey }: OneRun<Call, Outcome>): Promise<void> {
  for (const path of [...files.modules, files.entry]) {
    const key = jobFileKey(files.digest, basename(path));
    if ((await lake.readText(key)) === null) await lake.put(key, readFileSync(path, 'utf8'));
  }
  await lake.put(descriptionKey, description.json);
}

function uriOf<Call>({ lake }: RemoteParts<Call>, key: string): string {
  return `s3://${lake.bucket}/${key}`;
}
