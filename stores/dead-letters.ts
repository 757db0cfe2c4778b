/** The dead letters in the lake, all of them, and the lines they came from. The ledger knows only counts and samples. */
import { caseIdOf } from '../contract/dead-letter-case';
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import { deadLettersOfHourPrefix, deadLettersPrefix } from '../contract/lake-layout';
import type { DeadLetter } from '../contract/payment';
import { linesOf } from '../contract/text-lines';
import { decompressed } from './decompress';
import type { Lake } from './lake';

/** One by one: an hour of rubbish has as many dead letters as lines. */
export async function* deadLettersOf(lake: Lake, hour: LandingHour, revision: number): AsyncGenerator<DeadLetter> {
  for (const { key } of await lake.list(deadLettersPrefix(hour, revision))) yield* lettersIn(lake, key);
}

/** Also of a revision that is no longer the hour's: a case stays a case when its line was corrected. The newest comes first. */
export async function findDeadLetter(lake: Lake, hour: LandingHour, caseId: string): Promise<DeadLetter | null> {
  const prefix = deadLettersOfHourPrefix(hour);
  const revisions = new Set<number>();
  for (const { key } of await lake.list(prefix)) {
    const revision = /^r([0-9]+)\//.exec(key.slice(prefix.length))?.[1];
    if (revision !== undefined) revisions.add(Number(revision));
  }
  for (const revision of [...revisions].sort((a, b) => b - a)) {
    for await (const letter of deadLettersOf(lake, hour, revision)) {
      if (caseIdOf(letter) === caseId) return letter;
    }
  }
  return null;
}

async function* lettersIn(lake: Lake, key: string): AsyncGenerator<DeadLetter> {
  for await (const line of linesOf(await lake.open({ key }))) yield JSON.parse(line) as DeadLetter;
}

export interface OriginalLine {
  readonly letter: DeadLetter;
  /** as it landed, cards and all, without its line ending */
  readonly bytes: Buffer;
}

/** The lines of dead letters of one object as they landed, unmasked. One pass, whatever their number. */
export async function originalLines(lake: Lake, letters: readonly DeadLetter[]): Promise<readonly OriginalLine[]> {
  const [first] = letters;
  if (first === undefined) return [];
  const wanted = [...letters].sort((a, b) => a.offset - b.offset);
  const source = await openOriginal(lake, first);
  const found: OriginalLine[] = [];
  let parts: Buffer[] = [];
  let chunkStart = 0;
  try {
    for await (const chunk of decompressed(source)) {
      const chunkEnd = chunkStart + chunk.length;
      for (let letter = wanted[found.length]; letter !== undefined && letter.offset < chunkEnd; letter = wanted[found.length]) {
        const end = letter.offset + letter.length;
        parts.push(chunk.subarray(Math.max(letter.offset, chunkStart) - chunkStart, Math.min(end, chunkEnd) - chunkStart));
        if (end > chunkEnd) break;
        found.push({ letter, bytes: Buffer.concat(parts) });
        parts = [];
      }
      if (found.length === wanted.length) break;
      chunkStart = chunkEnd;
    }
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError({
      kind: 'data', what: `the raw object cannot be read to the line: ${(error as Error).message}`, on: first.object, fix: 'Land the object again', cause: error,
    });
  }
  if (found.length < wanted.length) {
    throw new SluiceError({ kind: 'data', what: 'the raw object ends before the line', on: `${first.object} at ${wanted[found.length]!.offset}`, fix: 'Land the object again' });
  }
  return found;
}

async function openOriginal(lake: Lake, { object, version }: DeadLetter): ReturnType<Lake['open']> {
  try {
    // ETags are in quotes, version ids are not.
    return await lake.open({ key: object, etag: version, ...(version.startsWith('"') ? {} : { versionId: version }) });
  } catch (error) {
    if (!(error instanceof SluiceError) || error.kind !== 'manifest_stale') throw error;
    throw new SluiceError({
      kind: 'data',
      what: 'the raw object was overwritten or removed since, so the line as it landed is gone',
      on: object,
      fix: 'The case keeps the line with its card numbers masked; give a corrected one with --with FILE',
      cause: error,
    });
  }
}
