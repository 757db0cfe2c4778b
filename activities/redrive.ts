/**
 * redrive: lands the lines of dead letters again, corrected or as they were, as one new object in the hour they came from, links
 * them to their cases and asks for the hour's run. The object is named by its content, so whatever was interrupted may be
 * repeated: twice is once. The originals stay dead letters.
 */
import { createHash, randomUUID } from 'node:crypto';
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import { redriveKey } from '../contract/lake-layout';
import { MAX_LINE_BYTES, type DeadLetter } from '../contract/payment';
import type { RunAnswer, RunRequest } from '../contract/run';
import { originalLines } from '../stores/dead-letters';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import type { Hours } from '../stores/temporal';

/** The object is made in memory. */
const MOST_BYTES = 256 * 1024 * 1024;

export interface RedriveParts {
  readonly lake: Lake;
  readonly ledger: Pick<Ledger, 'saveRedrive' | 'audit'>;
  readonly hours: Pick<Hours, 'request'>;
}

export interface RedriveCase {
  readonly caseId: string;
  readonly letter: DeadLetter;
  /** absent: the line as it landed */
  readonly corrected?: Buffer;
}

export interface RedriveInput {
  readonly landingHour: LandingHour;
  readonly cases: readonly RedriveCase[];
  readonly by: string;
  readonly waitFor: RunRequest['waitFor'];
}

export interface RedriveResult {
  readonly landingHour: LandingHour;
  readonly object: string;
  /** these very lines had been landed before */
  readonly found: boolean;
  readonly lines: readonly { readonly case: string; readonly lineNumber: number; readonly corrected: boolean }[];
  readonly run: RunAnswer;
}

export function createRedrive({ lake, ledger, hours }: RedriveParts) {
  return async function redrive({ landingHour, cases, by, waitFor }: RedriveInput): Promise<RedriveResult> {
    // The order in which they were named must not make another object.
    const lines = (await linesOf(lake, cases)).sort((a, b) => (a.caseId < b.caseId ? -1 : 1));
    const body = Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]));
    const digest = createHash('sha256');
    for (const { caseId, bytes } of lines) digest.update(`${caseId} ${bytes.length}\n`).update(bytes);
    const object = redriveKey(landingHour, digest.digest('hex'));
    // Before anything is landed: what an operator did must be known also where we die in the middle of it.
    await ledger.audit(by, 'dead-letters redrive', {
      object, cases: lines.map(({ caseId }) => caseId), corrected: lines.filter(({ corrected }) => corrected).length,
    });
    const found = !(await landOnce(lake, object, body));
    for (const [index, { caseId }] of lines.entries()) await ledger.saveRedrive({ caseId, object, lineNumber: index + 1, by });
    const run = await hours.request(landingHour, { requestId: `redrive ${randomUUID()}`, kind: 'redrive', by, waitFor });
    return {
      landingHour, object, found, run,
      lines: lines.map(({ caseId, corrected }, index) => ({ case: caseId, lineNumber: index + 1, corrected })),
    };
  };
}

interface Line {
  readonly caseId: string;
  readonly bytes: Buffer;
  readonly corrected: boolean;
}

async function linesOf(lake: Lake, cases: readonly RedriveCase[]): Promise<Line[]> {
  const lines: Line[] = [];
  const asLanded = new Map<string, RedriveCase[]>();
  for (const one of cases) {
    if (one.corrected !== undefined) {
      lines.push({ caseId: one.caseId, bytes: one.corrected, corrected: true });
      continue;
    }
    if (one.letter.length > MAX_LINE_BYTES) {
      throw new SluiceError({ kind: 'usage', what: `a line of ${one.letter.length} bytes is refused again`, on: one.caseId, fix: 'Give a corrected one with --with FILE' });
    }
    const object = `${one.letter.object}\0${one.letter.version}`;
    asLanded.set(object, [...(asLanded.get(object) ?? []), one]);
  }
  refuseTooMuch(cases);
  for (const group of asLanded.values()) {
    const caseOf = new Map(group.map(({ caseId, letter }) => [letter.offset, caseId]));
    for (const { letter, bytes } of await originalLines(lake, group.map(({ letter }) => letter))) {
      lines.push({ caseId: caseOf.get(letter.offset)!, bytes, corrected: false });
    }
  }
  return lines;
}

function refuseTooMuch(cases: readonly RedriveCase[]): void {
  const bytes = cases.reduce((sum, { letter, corrected }) => sum + (corrected?.length ?? letter.length), 0);
  if (bytes <= MOST_BYTES) return;
  throw new SluiceError({
    kind: 'usage', what: `${cases.length} lines of ${bytes} bytes are too many for one redrive`, on: `at most ${MOST_BYTES} bytes`,
    fix: 'Redrive them by reason, or correct the object itself with `npx sluice land --replace`',
  });
}

/** False: it is there already. */
async function landOnce(lake: Lake, key: string, body: Buffer): Promise<boolean> {
  try {
    await lake.put(key, body, { ifAbsent: true });
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.kind === 'fenced') return false;
    throw error;
  }
}
