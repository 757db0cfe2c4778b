/**
 * The lake's files of an hour, read only where they have changed since they were last summed and right. The note of that lies in the
 * lake beside them; without it everything is read, and nothing else depends on it.
 */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BucketedSums } from '../contract/compared-rows';
import { CURATED_PREFIX, reconciledKey } from '../contract/lake-layout';
import type { CommittedFile, LandedObject } from '../contract/run';
import { firstDifferenceOfSums, type Sums } from '../contract/sums';
import type { BucketSumsJob, Engine, JobControl } from '../engines/engine';
import type { Lake } from '../stores/lake';
import { rowsOfFiles, storeOfFiles, type FilesHour, type NamedFile } from './hour-store';
import type { ProvenHour } from './proven-hour';

export interface LakeHourParts {
  readonly lake: Lake;
  readonly engine: Engine;
}

export interface LakeHour extends FilesHour {
  /** files that the commit names and that are not there, or cannot be read */
  readonly lost: readonly string[];
}

interface ReconciledNote {
  readonly files: readonly LandedObject[];
  readonly proven: Sums;
  readonly held: BucketedSums;
}

/** What lies in the days of an hour's files, listed once a day and not once an hour. */
export class ListedDays {
  private readonly days = new Map<string, Promise<ReadonlyMap<string, LandedObject>>>();

  constructor(private readonly lake: Lake) {}

  async find(file: CommittedFile): Promise<LandedObject | undefined> {
    const listed = this.days.get(file.dt) ?? this.list(file.dt);
    this.days.set(file.dt, listed);
    return (await listed).get(file.key);
  }

  private async list(dt: string): Promise<ReadonlyMap<string, LandedObject>> {
    return new Map((await this.lake.list(`${CURATED_PREFIX}dt=${dt}/`)).map((object) => [object.key, object]));
  }
}

export interface FilesThere {
  readonly there: readonly LandedObject[];
  /** named by the commit, and not there */
  readonly gone: readonly string[];
}

export async function filesThere(listed: ListedDays, files: readonly CommittedFile[]): Promise<FilesThere> {
  const there: LandedObject[] = [];
  const gone: string[] = [];
  for (const file of files) {
    const object = await listed.find(file);
    if (object === undefined) gone.push(file.key);
    else there.push(object);
  }
  return { there, gone };
}

/** What the files added up to when they were right, if they are the same; null: they must be read. */
export async function knownSums(lake: Lake, hour: ProvenHour, { there, gone }: FilesThere, deep: boolean): Promise<BucketedSums | null> {
  if (deep || gone.length > 0) return null;
  const note = await readNote(lake, reconciledKey(hour.landingHour, hour.revision));
  return note !== null && sameObjects(note.files, there) && firstDifferenceOfSums('', note.proven, '', hour.sums) === null ? note.held : null;
}

export interface LakeHourReading {
  readonly folder: string;
  readonly deep: boolean;
  readonly control: JobControl;
  /** of the hour's files as `listed` has them, where somebody has read them already */
  readonly scanned?: BucketedSums | undefined;
}

export async function lakeHour({ lake, engine }: LakeHourParts, hour: ProvenHour, files: readonly CommittedFile[], listed: ListedDays, how: LakeHourReading): Promise<LakeHour> {
  const { there, gone } = await filesThere(listed, files);
  const of: Omit<BucketSumsJob, 'files'> = { landingHour: hour.landingHour, revision: hour.revision, processedAt: hour.processedAt };
  const folder = join(how.folder, `lake-${hour.landingHour}`);
  await mkdir(folder, { recursive: true });
  const fetched = new FetchedFiles(async (objects, n) => {
    // Downloads are numbered: two of them in one folder would write over each other.
    const paths = await lake.downloadAll(objects, join(folder, String(n)), how.control.signal);
    return objects.map(({ key }, i) => ({ key, path: paths[i]!, shared: isShared(key, hour) }));
  });
  const summed = (held: BucketedSums): LakeHour => ({
    name: 'lake', held, lost: gone,
    async parts(buckets) {
      return engine.partSums({ ...of, files: await fetched.of(there), buckets }, how.control);
    },
    async* rows(buckets, parts) {
      yield* rowsOfFiles(engine, { ...of, files: await fetched.of(there), wanted: { buckets, parts } }, folder, how.control);
    },
    async* rowsOf(payments) {
      const missing = new Set(payments.map(({ paymentId }) => paymentId));
      const partitions = new Set(payments.map(partitionOf));
      const likely = new Set(files.filter((file) => partitions.has(partitionOf(file))).map(({ key }) => key));
      for (const isLikely of [true, false]) {
        if (missing.size === 0) return;
        const objects = there.filter(({ key }) => likely.has(key) === isLikely);
        const wanted = { paymentIds: [...missing] };
        for await (const row of rowsOfFiles(engine, { ...of, files: await fetched.of(objects), wanted }, folder, how.control)) {
          missing.delete(row.row.paymentId);
          yield row;
        }
      }
    },
  });

  const known = await knownSums(lake, hour, { there, gone }, how.deep);
  if (known !== null) return summed(known);
  how.control.progress({ step: `reading ${hour.landingHour} in the lake` });
  const readHere = async (): Promise<LakeHour> => {
    const { unreadable, ...store } = await storeOfFiles(engine, 'lake', of, await fetched.of(there), folder, how.control);
    return { ...store, lost: [...gone, ...unreadable] };
  };
  // Spark passes over a file without a byte, and names none: what is not right is looked at here.
  const scanned = how.scanned === undefined ? null : summed(how.scanned);
  const read = scanned !== null && isRight(hour, scanned) ? scanned : await readHere();
  if (isRight(hour, read)) {
    await lake.put(reconciledKey(hour.landingHour, hour.revision), JSON.stringify({ files: there, proven: hour.sums, held: read.held } satisfies ReconciledNote));
  }
  return read;
}

/** Files on this machine, each fetched once and only where it is asked for. */
class FetchedFiles {
  private readonly files = new Map<string, NamedFile>();
  private fetches = 0;

  constructor(private readonly fetch: (objects: readonly LandedObject[], n: number) => Promise<readonly NamedFile[]>) {}

  async of(objects: readonly LandedObject[]): Promise<readonly NamedFile[]> {
    const wanted = objects.filter(({ key }) => !this.files.has(key));
    if (wanted.length > 0) for (const file of await this.fetch(wanted, this.fetches++)) this.files.set(file.key, file);
    return objects.map(({ key }) => this.files.get(key)!);
  }
}

function partitionOf({ dt, merchantId }: Pick<CommittedFile, 'dt' | 'merchantId'>): string {
  return `${dt}/${merchantId}`;
}

export function isProven(hour: ProvenHour, held: BucketedSums): boolean {
  return firstDifferenceOfSums('proven', hour.sums, 'held', held.sums) === null;
}

export function isRight(hour: ProvenHour, lake: LakeHour): boolean {
  return lake.lost.length === 0 && isProven(hour, lake.held) && lake.held.buckets.every(({ flawed }) => flawed === 0);
}

/** A file of its own is named after its hour; what compaction merged holds rows of several. */
export function isShared(key: string, { landingHour }: ProvenHour): boolean {
  return !basename(key).startsWith(`${landingHour}-r`);
}

async function readNote(lake: Lake, key: string): Promise<ReconciledNote | null> {
  const found = await lake.readText(key);
  return found === null ? null : JSON.parse(found.text) as ReconciledNote;
}

function sameObjects(a: readonly LandedObject[], b: readonly LandedObject[]): boolean {
  const known = new Map(a.map((object) => [object.key, object]));
  return a.length === b.length && b.every(({ key, etag, bytes, lastModified }) => {
    const object = known.get(key);
    return object !== undefined && object.etag === etag && object.bytes === bytes && object.lastModified === lastModified;
  });
}
