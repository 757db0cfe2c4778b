/** Which dead letters an operator means at the command line. */
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { readCommit } from '../activities/committed';
import { groupsOf as groupsOfFilter, letterOf, type GroupView } from '../activities/dead-letter-cases';
import type { RedriveCase } from '../activities/redrive';
import { caseIdOf } from '../contract/dead-letter-case';
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import type { Reason } from '../contract/payment';
import { deadLettersOf, originalLines } from '../stores/dead-letters';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { readCorrectedLines, type CorrectedLines } from './corrected-lines';
import type { CaseView } from './dead-letter-view';
import { operator } from './options';

export interface ListOptions {
  readonly landingHour?: LandingHour;
  readonly reason?: Reason;
  readonly samples: number;
}

export interface ShowOptions {
  readonly raw?: boolean;
  readonly by?: string;
}

export function groupsOf(ledger: Ledger, { landingHour, reason, samples }: ListOptions): Promise<readonly GroupView[]> {
  return groupsOfFilter(ledger, { ...(landingHour === undefined ? {} : { from: landingHour, to: landingHour }), ...(reason === undefined ? {} : { reason }) }, samples);
}

export async function viewOf(lake: Lake, ledger: Ledger, caseId: string, options: ShowOptions): Promise<CaseView> {
  const letter = await letterOf(lake, ledger, caseId);
  const redrives = await ledger.redrives([caseId]);
  const { landingHour, revision, object, version, offset, length, lineNumber, reasons, raw, rawBase64, sha256, cards } = letter;
  const view: CaseView = {
    case: caseId, landingHour, revision, object, version, offset, length, lineNumber, reasons,
    ...(raw === undefined ? {} : { raw }), ...(rawBase64 === undefined ? {} : { rawBase64 }), ...(sha256 === undefined ? {} : { sha256 }),
    cards: cards ?? 0,
    redrives: redrives.map((redrive) => ({ object: redrive.object, lineNumber: redrive.lineNumber, by: redrive.by, at: redrive.at })),
  };
  if (options.raw !== true) return view;
  // Whoever reads it later must find who looked, also where we die right after printing.
  await ledger.audit(operator(options.by), 'dead-letters show --raw', { case: caseId, object, version, offset });
  const [original] = await originalLines(lake, [letter]);
  const { bytes } = original!;
  return { ...view, ...(isUtf8(bytes) ? { original: bytes.toString('utf8') } : { originalBase64: bytes.toString('base64') }) };
}

export interface Choice {
  readonly landingHour?: LandingHour;
  readonly reason?: Reason;
  /** a file of corrected lines */
  readonly with?: string;
}

export async function chosenCases(
  lake: Lake, ledger: Ledger, named: readonly string[], options: Choice,
): Promise<readonly RedriveCase[]> {
  const { landingHour, reason } = options;
  const corrected = options.with === undefined ? null : readCorrectedLines(options.with, await readFile(options.with).catch(() => {
    throw new SluiceError({ kind: 'usage', what: 'no such file', on: options.with! });
  }));
  if (landingHour === undefined && reason === undefined) return namedCases(lake, ledger, named, corrected);
  if (landingHour === undefined || reason === undefined || named.length > 0) {
    throw new SluiceError({ kind: 'usage', what: 'name cases, or both --landing-hour and --reason' });
  }
  if (corrected !== null) {
    throw new SluiceError({ kind: 'usage', what: '--with needs to know which line is which case’s', fix: 'Name the cases instead of --landing-hour and --reason' });
  }
  return casesOfReason(lake, landingHour, reason);
}

async function namedCases(lake: Lake, ledger: Ledger, named: readonly string[], corrected: CorrectedLines | null): Promise<readonly RedriveCase[]> {
  const cases = named.length > 0 ? named : (corrected?.cases ?? []);
  if (cases.length === 0) throw new SluiceError({ kind: 'usage', what: 'no case is named', fix: 'Name them, or say --landing-hour and --reason' });
  const twice = cases.find((one, i) => cases.indexOf(one) !== i);
  if (twice !== undefined) throw new SluiceError({ kind: 'usage', what: 'a case is named twice', on: twice });
  const lineOf = new Map<string, Buffer>();
  if (corrected !== null) {
    const order = corrected.cases ?? cases;
    if (corrected.lines.length !== cases.length || cases.some((one) => !order.includes(one))) {
      throw new SluiceError({ kind: 'usage', what: `${cases.length} cases and ${corrected.lines.length} corrected lines do not match`, fix: 'Give one line for each case' });
    }
    order.forEach((one, i) => lineOf.set(one, corrected.lines[i]!));
  }
  return Promise.all(cases.map(async (caseId) => {
    const line = lineOf.get(caseId);
    return { caseId, letter: await letterOf(lake, ledger, caseId), ...(line === undefined ? {} : { corrected: line }) };
  }));
}

/** From the lake, which has all of them; the ledger has samples. */
async function casesOfReason(lake: Lake, hour: LandingHour, reason: Reason): Promise<readonly RedriveCase[]> {
  const current = await readCommit(lake, hour);
  const cases: RedriveCase[] = [];
  for await (const letter of deadLettersOf(lake, hour, current?.commit.revision ?? 0)) {
    if (letter.reasons.includes(reason)) cases.push({ caseId: caseIdOf(letter), letter });
  }
  if (cases.length === 0) throw new SluiceError({ kind: 'usage', what: `no line was refused for ${reason}`, on: hour, fix: '`npx sluice dead-letters list` shows what was' });
  return cases;
}
