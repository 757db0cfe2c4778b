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
import { rowsOfFiles, storeOfFiles, type HourStore, type NamedFile } from './hour-store';
import type { ProvenHour } from './proven-hour';

export interface LakeHourParts {
  readonly lake: Lake;
  readonly engine: Engine;
}

export interface LakeHour extends HourStore {
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

export async function lakeHour(
  { lake, engine }: LakeHourParts, hour: ProvenHour, files: readonly CommittedFile[], listed: ListedDays,
  how: { readonly folder: string; readonly deep: boolean; readonly control: JobControl },
): Promise<LakeHour> {
  const there: LandedObject[] = [];
  const gone: string[] = [];
  for (const file of files) {
    const object = await listed.find(file);
    if (object === undefined) gone.push(file.key);
    else there.push(object);
  }
  const of: Omit<BucketSumsJob, 'files'> = { landingHour: hour.landingHour, revision: hour.revision, processedAt: hour.processedAt };
  const folder = join(how.folder, `lake-${hour.landingHour}`);
  await mkdir(folder, { recursive: true });
  let downloaded: Promise<readonly NamedFile[]> | null = null;
  const download = async (): Promise<readonly NamedFile[]> => {
    const paths = await lake.downloadAll(there, folder, how.control.signal);
    return there.map(({ key }, i) => ({ key, path: paths[i]!, shared: isShared(key, hour) }));
  };

  const noteKey = reconciledKey(hour.landingHour, hour.revision);
  const note = how.deep || gone.length > 0 ? null : await readNote(lake, noteKey);
  if (note !== null && sameObjects(note.files, there) && firstDifferenceOfSums('', note.proven, '', hour.sums) === null) {
    return {
      name: 'lake', held: note.held, lost: [],
      async parts(buckets) {
        downloaded ??= download();
        return engine.partSums({ ...of, files: await downloaded, buckets }, how.control);
      },
      async* rows(buckets, parts) {
        downloaded ??= download();
        yield* rowsOfFiles(engine, { ...of, files: await downloaded, buckets, parts }, folder, how.control);
      },
    };
  }
  how.control.progress({ step: `reading ${hour.landingHour} in the lake` });
  const { unreadable, ...store } = await storeOfFiles(engine, 'lake', of, await download(), folder, how.control);
  const read: LakeHour = { ...store, lost: [...gone, ...unreadable] };
  if (isRight(hour, read)) await lake.put(noteKey, JSON.stringify({ files: there, proven: hour.sums, held: store.held } satisfies ReconciledNote));
  return read;
}

export function isProven(hour: ProvenHour, held: BucketedSums): boolean {
  return firstDifferenceOfSums('proven', hour.sums, 'held', held.sums) === null;
}

export function isRight(hour: ProvenHour, lake: LakeHour): boolean {
  return lake.lost.length === 0 && isProven(hour, lake.held) && lake.held.buckets.every(({ flawed }) => flawed === 0);
}

/** A file of its own is named after its hour; what compaction merged holds rows of several. */
function isShared(key: string, { landingHour }: ProvenHour): boolean {
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
