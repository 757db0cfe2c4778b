/** Whole curated rows from the committed files of the lake: rows that must come back, and runs that the topic no longer has. */
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { curatedFromJson, decodeCurated } from '../contract/curated-record';
import { SluiceError } from '../contract/errors';
import { commitRecordKey } from '../contract/lake-layout';
import type { LandingHour } from '../contract/landing-hour';
import type { Change, CuratedPayment } from '../contract/payment';
import { decodeFrames } from '../contract/record-frame';
import type { Commit, CommittedFile, PublishMode } from '../contract/run';
import type { RevisionRef } from '../contract/stages';
import { linesOf } from '../contract/text-lines';
import type { CuratedPath, Engine, JobControl } from '../engines/engine';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import type { WantedRow } from '../stores/payments-comebacks';
import type { Partition } from '../stores/payments-repair';
import { readCommit } from './committed';
import { downloadCommitted } from './committed-files';

export interface LakeRowsParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly engine: Engine;
}

const ROWS_AT_ONCE = 2_000;

/** Rows of an hour's loaded revision, from those of its files that can have them. */
export async function* rowsFromLake(
  parts: LakeRowsParts, hour: LandingHour, wanted: readonly WantedRow[], folder: string, control: JobControl,
): AsyncGenerator<readonly CuratedPayment[]> {
  const loaded = await parts.ledger.lastLoaded(hour);
  if (loaded === null) throw noFiles({ landingHour: hour, revision: 0 });
  yield* rowsOfRevision(parts, loaded, wanted.map((row) => row.paymentId), wanted, folder, control);
}

/** The same of the revision that the lake shows, whatever the ledger says; no rows where it shows none. */
export async function* rowsOfCommit(
  parts: Pick<LakeRowsParts, 'lake' | 'engine'>, hour: LandingHour, wanted: readonly WantedRow[], folder: string, control: JobControl,
): AsyncGenerator<readonly CuratedPayment[]> {
  yield* rowsOfFiles(parts, hour, (await readCommit(parts.lake, hour))?.commit.files ?? [], wanted.map((row) => row.paymentId), wanted, folder, control);
}

/** Rows of a revision with one of the ids, from the files of these partitions. */
export async function* rowsOfRevision(
  parts: Pick<LakeRowsParts, 'lake' | 'engine'>, ref: RevisionRef, paymentIds: readonly string[], from: readonly Partition[], folder: string,
  control: JobControl,
): AsyncGenerator<readonly CuratedPayment[]> {
  yield* rowsOfFiles(parts, ref.landingHour, await filesOf(parts.lake, ref), paymentIds, from, folder, control);
}

async function* rowsOfFiles(
  { lake, engine }: Pick<LakeRowsParts, 'lake' | 'engine'>, hour: LandingHour, all: readonly CommittedFile[], paymentIds: readonly string[],
  from: readonly Partition[], folder: string, control: JobControl,
): AsyncGenerator<readonly CuratedPayment[]> {
  const partitions = new Set(from.map((row) => `${row.dt}/${row.merchantId}`));
  const files = all.filter((file) => partitions.has(`${file.dt}/${file.merchantId}`));
  const out = join(folder, 'rows.ndjson');
  await mkdir(folder, { recursive: true });
  const paths = await downloadCommitted(lake, hour, files, join(folder, 'files'), control.signal);
  await engine.pick({ files: paths, paymentIds, out }, control);
  let rows: CuratedPayment[] = [];
  for await (const line of linesOf(createReadStream(out))) {
    rows.push(curatedFromJson(line));
    if (rows.length < ROWS_AT_ONCE) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

/** What a revision published, made again: the difference is the same each time it is taken. */
export async function* changesFromLake(
  { lake, ledger, engine }: LakeRowsParts, ref: RevisionRef, folder: string, control: JobControl,
): AsyncGenerator<readonly Change[]> {
  const revision = await ledger.revision(ref.landingHour, ref.revision);
  if (revision === null) throw noFiles(ref);
  const { baseRevision, landingHour, publish } = revision;
  const base = baseRevision === null ? [] : await filesOf(lake, { landingHour, revision: baseRevision });
  yield* changesOf({ lake, engine }, { ...ref, publish, now: await filesOf(lake, ref), base }, folder, control);
}

/** Every row of what an hour shows, as if all of it were new. */
export async function* wholeCommit(
  parts: Pick<LakeRowsParts, 'lake' | 'engine'>, { landingHour, revision, files }: Commit, folder: string, control: JobControl,
): AsyncGenerator<readonly Change[]> {
  yield* changesOf(parts, { landingHour, revision, publish: 'all', now: files, base: [] }, folder, control);
}

interface TwoRevisions extends RevisionRef {
  readonly publish: PublishMode;
  readonly now: readonly CommittedFile[];
  readonly base: readonly CommittedFile[];
}

async function* changesOf(
  { lake, engine }: Pick<LakeRowsParts, 'lake' | 'engine'>, { landingHour, revision, publish, ...files }: TwoRevisions, folder: string, control: JobControl,
): AsyncGenerator<readonly Change[]> {
  const download = async (name: 'now' | 'base'): Promise<readonly CuratedPath[]> =>
    downloadCommitted(lake, landingHour, files[name], join(folder, name), control.signal);
  const spool = join(folder, 'spool');
  await engine.difference({
    landingHour, revision, now: await download('now'), base: await download('base'), publish, format: 'avro', valueHeader: '', spool,
  }, control);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(spool, { highWaterMark: 1024 * 1024 })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const { frames, consumed } = decodeFrames(bytes);
    rest = bytes.subarray(consumed);
    if (frames.length > 0) yield frames.map(({ op, value }) => ({ op, row: decodeCurated('avro', value) }));
  }
}

/** The current commit where it is this revision's (compaction may have rewritten it), else as the revision committed it; null: neither is there. */
export async function commitOf(lake: Lake, ref: RevisionRef): Promise<Commit | null> {
  const current = await readCommit(lake, ref.landingHour);
  if (current?.commit.revision === ref.revision) return current.commit;
  const kept = await lake.readText(commitRecordKey(ref.landingHour, ref.revision));
  return kept === null ? null : JSON.parse(kept.text) as Commit;
}

export async function filesOf(lake: Lake, ref: RevisionRef): Promise<readonly CommittedFile[]> {
  const commit = await commitOf(lake, ref);
  if (commit === null) throw noFiles(ref);
  return commit.files;
}

function noFiles(ref: RevisionRef): SluiceError {
  return new SluiceError({
    kind: 'data',
    what: 'the lake does not know the files of a revision that is needed',
    on: `${ref.landingHour} r${ref.revision}`,
    fix: `Ask for ${ref.landingHour} with \`npx sluice run --publish all\`, then for this hour again`,
    fields: { landingHour: ref.landingHour, revision: ref.revision },
  });
}
