/** What the lake remembers of erasures: who is suppressed, and what was taken out of which raw object. No id of anybody, only tokens. */
import { createHash } from 'node:crypto';
import { type ErasedObject, type ErasureKey, erasureKeyMissing, isToken, type NeededFile, type Suppressed, type Token } from '../contract/erasure';
import { SluiceError } from '../contract/errors';
import {
  erasedObjectKey, erasedObjectsPrefix, OPEN_ERASURES_PREFIX, openErasureKey, openErasureOfHourPrefix, openErasurePrefix, SUPPRESSED_PREFIX, suppressedKey,
} from '../contract/lake-layout';
import { isLandingHour, type LandingHour } from '../contract/landing-hour';
import type { LandedObject } from '../contract/run';
import type { Lake } from './lake';

/**
 * Everybody whose lines must not be curated. Without the key, or with another one, no line would be known as theirs and they would all
 * be back: that is refused, however empty the hour.
 */
export async function suppressedTokens(lake: Lake, key: ErasureKey | null): Promise<readonly Token[]> {
  const listed = await lake.list(SUPPRESSED_PREFIX);
  if (listed.length === 0) return [];
  if (key === null) throw erasureKeyMissing(`${listed.length} persons are erased, and without the key nobody knows which lines are theirs`);
  return listed.map((object) => {
    const [, keyId, token] = /([0-9a-f]+)\/([0-9a-f]{64})\.json$/.exec(object.key) ?? [];
    if (keyId === key.id && isToken(token)) return token;
    throw new SluiceError({
      kind: 'configuration', what: 'a person was erased under another key, so their lines would not be known as theirs', on: object.key,
      fix: `Set SLUICE_ERASURE_KEY to the key that it was done with (key ${keyId ?? 'unknown'}; the one set is ${key.id})`,
    });
  });
}

/** Answers with what is there: the first time counts. */
export async function suppress(lake: Lake, key: ErasureKey, person: Suppressed): Promise<Suppressed> {
  const at = suppressedKey(key.id, person.token);
  try {
    await lake.put(at, JSON.stringify(person), { ifAbsent: true });
    return person;
  } catch (error) {
    if (!(error instanceof SluiceError) || error.kind !== 'fenced') throw error;
    return JSON.parse((await lake.readText(at))!.text) as Suppressed;
  }
}

/** Every record of the hour; those of objects that were landed anew since say nothing of the objects that are there. */
export async function erasedObjects(lake: Lake, hour: LandingHour): Promise<readonly ErasedObject[]> {
  const listed = await lake.list(erasedObjectsPrefix(hour));
  return (await Promise.all(listed.map(({ key }) => lake.readText(key)))).flatMap((found) => (found === null ? [] : [JSON.parse(found.text) as ErasedObject]));
}

/** The record of the object that has this ETag now. */
export function recordOf(records: readonly ErasedObject[], { key, etag }: Pick<LandedObject, 'key' | 'etag'>): ErasedObject | undefined {
  return records.find((record) => record.key === key && (record.etag === etag || `"${record.md5}"` === etag));
}

/** The objects with what is blank in them because it was erased. Costs one listing where nothing ever was. */
export async function withErasedLines(lake: Lake, hour: LandingHour, objects: readonly LandedObject[]): Promise<readonly LandedObject[]> {
  const records = await erasedObjects(lake, hour);
  if (records.length === 0) return objects;
  return objects.map((object) => {
    const record = recordOf(records, object);
    return record === undefined ? object : { ...object, erased: record.all };
  });
}

export function recordId({ key, md5 }: Pick<ErasedObject, 'key' | 'md5'>): string {
  // NUL is in no key: without it two of them could run together.
  return createHash('sha256').update(`${key}\0${md5}`).digest('hex').slice(0, 32);
}

export async function saveErasedObject(lake: Lake, record: ErasedObject): Promise<void> {
  await lake.put(erasedObjectKey(record.landingHour, recordId(record)), JSON.stringify(record));
}

/** Was it by erasures alone that the object became what it is? Each record says what it replaced. */
export function isOnlyErased(records: readonly ErasedObject[], was: Pick<LandedObject, 'etag'>, now: Pick<LandedObject, 'key' | 'etag'>): boolean {
  for (let record = recordOf(records, now); record !== undefined; record = recordOf(records, { key: now.key, etag: record.replaced })) {
    if (record.replaced === was.etag) return true;
  }
  return false;
}

/** The erasure has something to do, or to tell, of the hour. `id`: of a record. */
export async function markOpen(lake: Lake, token: Token, hour: LandingHour, id: string): Promise<void> {
  await lake.put(openErasureKey(token, hour, id), '{}');
}

const OF_ROWS = 'rows-';

/** The same of a file with rows of theirs. */
export async function markNeeded(lake: Lake, token: Token, hour: LandingHour, needed: NeededFile): Promise<void> {
  const id = `${OF_ROWS}${createHash('sha256').update(needed.file).digest('hex').slice(0, 32)}`;
  await lake.put(openErasureKey(token, hour, id), JSON.stringify(needed));
}

/** Null: the mark is of something else. */
export async function neededFile(lake: Lake, { key, id }: Pick<OpenMark, 'key' | 'id'>): Promise<NeededFile | null> {
  if (!id.startsWith(OF_ROWS)) return null;
  const found = await lake.readText(key);
  return found === null ? null : JSON.parse(found.text) as NeededFile;
}

/** Which files of the hour, by their keys, some erasure waits for. Erasures that are over wait for none. */
export async function filesWaitedFor(lake: Lake, hour: LandingHour): Promise<ReadonlySet<string>> {
  const files = new Set<string>();
  for (const token of await lake.folders(OPEN_ERASURES_PREFIX)) {
    const prefix = openErasureOfHourPrefix(token, hour);
    for (const { key } of await lake.list(prefix)) {
      const needed = await neededFile(lake, { key, id: key.slice(prefix.length).replace(/\.json$/, '') });
      if (needed !== null) files.add(needed.file);
    }
  }
  return files;
}

export interface OpenMark {
  readonly key: string;
  readonly landingHour: LandingHour;
  readonly id: string;
}

/** In the order of the hours. */
export async function openMarks(lake: Lake, token: Token): Promise<readonly OpenMark[]> {
  const prefix = openErasurePrefix(token);
  return (await lake.list(prefix)).flatMap(({ key }) => {
    const [hour, file] = key.slice(prefix.length).split('/');
    return isLandingHour(hour) && file !== undefined ? [{ key, landingHour: hour, id: file.replace(/\.json$/, '') }] : [];
  });
}

export async function erasedObject(lake: Lake, hour: LandingHour, id: string): Promise<ErasedObject | null> {
  const found = await lake.readText(erasedObjectKey(hour, id));
  return found === null ? null : JSON.parse(found.text) as ErasedObject;
}
