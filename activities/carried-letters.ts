/**
 * The dead letters of a committed revision for another one that is made of its rows: as they are, but for those of persons who are
 * suppressed since. Whose a letter is, is asked as eraseLetters asks it.
 */
import { mkdir, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { deadLettersPrefix } from '../contract/lake-layout';
import { REASONS, type DeadLetter, type Reason } from '../contract/payment';
import type { RevisionRef } from '../contract/stages';
import { linesOf } from '../contract/text-lines';
import type { Lake } from '../stores/lake';
import { ownersOfLetter } from './erase-letters';

export interface CarriedLetters {
  readonly letters: number;
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
  /** below the folder */
  readonly files: readonly string[];
}

const WRITTEN_AT_ONCE = 1_000;

export async function carriedLetters(
  lake: Lake, from: RevisionRef, revision: number, isGone: (userId: string) => boolean, folder: string, signal: AbortSignal,
): Promise<CarriedLetters> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  const counted = new Map<Reason, number>();
  let letters = 0;
  for (const { key, etag } of await lake.list(deadLettersPrefix(from.landingHour, from.revision))) {
    const name = basename(key);
    let [inFile, texts]: [number, string[]] = [0, []];
    const file = await open(join(folder, name), 'wx');
    try {
      // One that an erasure rewrites meanwhile is another object: the hour is landed again.
      for await (const text of linesOf(await lake.open({ key, etag }, signal))) {
        const letter = JSON.parse(text) as DeadLetter;
        if (ownersOfLetter(letter).some(isGone)) continue;
        inFile += 1;
        for (const reason of letter.reasons) counted.set(reason, (counted.get(reason) ?? 0) + 1);
        texts.push(`${JSON.stringify({ ...letter, revision } satisfies DeadLetter)}\n`);
        if (texts.length < WRITTEN_AT_ONCE) continue;
        await file.writeFile(texts.join(''));
        texts = [];
      }
      await file.writeFile(texts.join(''));
    } finally {
      await file.close();
    }
    letters += inFile;
    if (inFile > 0) files.push(name);
  }
  return { letters, files, reasons: Object.fromEntries(REASONS.filter((reason) => counted.has(reason)).map((reason) => [reason, counted.get(reason)!])) };
}
