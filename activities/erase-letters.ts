/**
 * eraseLetters: goes over the copies that runs have left of refused lines, a page at a time: dead letters of every revision, samples in
 * the summaries of curate, staging of runs that are over. Each is rewritten without the person's, conditionally, or removed; older
 * versions that hold them go. Killed anywhere, the next attempt finds less to do.
 */
import { EMPTY_PAGE, LEFT_AT_MOST, type ErasedPage, type ErasePage } from '../contract/erasure';
import { SluiceError } from '../contract/errors';
import { DEAD_LETTERS_PREFIX, NIGHTLY_PREFIX, RUNS_PREFIX, STAGING_PREFIX } from '../contract/lake-layout';
import { isLandingHour } from '../contract/landing-hour';
import { ownersOf } from '../contract/line-owner';
import type { DeadLetter } from '../contract/payment';
import type { CurateSummary } from '../contract/stages';
import type { JobControl } from '../engines/engine';
import type { Lake, LakeVersion } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { pageOf } from './erasure-page';
import { withHeartbeat } from './heartbeat';
import { userIdOf, type ErasureParts } from './person';

/** States of a revision whose staging may still be of use. */
const UNDER_WAY: readonly string[] = ['open', 'committed', 'published'];
const TRIES = 5;

export interface EraseLettersParts extends ErasureParts {
  readonly lake: Lake;
  readonly ledger: Pick<Ledger, 'revision'>;
}

/** How the person's are taken out of an object's text; null: it is none that could hold any. */
type Without = (text: string, userId: string) => { readonly text: string; readonly found: number };

interface Place {
  readonly prefix: string;
  readonly wanted: (key: string) => boolean;
  /** null: the object goes as a whole */
  readonly without: Without | null;
}

const PLACES: readonly Place[] = [
  { prefix: DEAD_LETTERS_PREFIX, wanted: () => true, without: lettersWithout },
  { prefix: RUNS_PREFIX, wanted: (key) => /\/curate-[^/]+\.json$/.test(key), without: samplesWithout },
  { prefix: STAGING_PREFIX, wanted: () => true, without: null },
];

/** `input.after` names the place, too: `1:runs/…`. */
export function createEraseLetters(parts: EraseLettersParts) {
  return async function eraseLetters(input: ErasePage): Promise<ErasedPage> {
    return withHeartbeat(async (control) => {
      const userId = userIdOf(parts, input);
      const [, index, key] = /^(\d):(.*)$/s.exec(input.after ?? '0:') ?? [];
      const place = PLACES[Number(index)]!;
      const page = await pageOf(parts.lake, place.prefix, key === '' ? null : key!, place.wanted);
      let sum: ErasedPage = EMPTY_PAGE;
      for (const object of page.objects) {
        control.signal.throwIfAborted();
        sum = await eraseOne(parts, place, { ...input, userId }, object, sum, control);
      }
      const following = Number(index) + 1;
      return { ...sum, next: page.next !== null ? `${index}:${page.next}` : following < PLACES.length ? `${following}:` : null };
    });
  };
}

async function eraseOne(
  parts: EraseLettersParts, place: Place, person: ErasePage & { readonly userId: string }, object: LakeVersion, sum: ErasedPage, control: JobControl,
): Promise<ErasedPage> {
  control.progress({ step: `looking into ${object.key}` });
  const counted = { ...sum, objects: sum.objects + 1 };
  if (place.without === null) {
    if (person.look || (object.latest && await isUnderWay(parts, object.key))) return counted;
    await parts.lake.removeForGood([object]);
    return { ...counted, changed: counted.changed + 1 };
  }
  for (let tries = 1; ; tries += 1) {
    const read = await textOf(parts.lake, object);
    if (read === null) return counted;
    const { text, found } = place.without(read.text, person.userId);
    if (found === 0) return counted;
    if (person.look) {
      return { ...counted, found: counted.found + found, left: [...counted.left, `${object.key} still has ${found} of their lines`].slice(0, LEFT_AT_MOST) };
    }
    try {
      await replace(parts.lake, object, read.etag, text);
      return { ...counted, changed: counted.changed + 1, found: counted.found + found, versions: counted.versions + (object.latest ? 0 : 1) };
    } catch (error) {
      // The hour's own run has written it meanwhile.
      if (tries === TRIES || !(error instanceof SluiceError) || error.kind !== 'fenced') throw error;
    }
  }
}

async function replace(lake: Lake, object: LakeVersion, etag: string, text: string): Promise<void> {
  if (object.latest && text !== '') await lake.put(object.key, text, { ifMatch: etag });
  else if (object.latest) await lake.remove([object.key]);
  if (object.versionId !== undefined) await lake.removeForGood([{ ...object, latest: false }]);
}

async function textOf(lake: Lake, object: LakeVersion): Promise<{ readonly text: string; readonly etag: string } | null> {
  if (object.latest) return lake.readText(object.key);
  const parts: Buffer[] = [];
  for await (const chunk of await lake.open(object)) parts.push(chunk as Buffer);
  return { text: Buffer.concat(parts).toString('utf8'), etag: object.etag };
}

function lettersWithout(text: string, userId: string): { readonly text: string; readonly found: number } {
  const lines = text.split('\n').filter((line) => line !== '');
  const kept = lines.filter((line) => !isOf(JSON.parse(line) as DeadLetter, userId));
  return { text: kept.map((line) => `${line}\n`).join(''), found: lines.length - kept.length };
}

function samplesWithout(text: string, userId: string): { readonly text: string; readonly found: number } {
  const summary = JSON.parse(text) as CurateSummary;
  const samples = summary.samples.filter((letter) => !isOf(letter, userId));
  return { text: JSON.stringify({ ...summary, samples }), found: summary.samples.length - samples.length };
}

export function isOf(letter: Pick<DeadLetter, 'raw' | 'rawBase64'>, userId: string): boolean {
  return ownersOfLetter(letter).includes(userId);
}

export function ownersOfLetter(letter: Pick<DeadLetter, 'raw' | 'rawBase64'>): readonly string[] {
  return ownersOf(letter.rawBase64 === undefined ? Buffer.from(letter.raw ?? '', 'utf8') : Buffer.from(letter.rawBase64, 'base64'));
}

async function isUnderWay({ ledger }: EraseLettersParts, key: string): Promise<boolean> {
  // A compaction whose merged files go makes them again.
  if (key.startsWith(NIGHTLY_PREFIX)) return false;
  const [, hour, revision] = /^staging\/([^/]+)\/r(\d+)\//.exec(key) ?? [];
  if (!isLandingHour(hour)) return true;
  return UNDER_WAY.includes((await ledger.revision(hour, Number(revision)))?.state ?? 'unknown');
}
