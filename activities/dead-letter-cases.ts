/** What is known of dead letters: from the ledger where it has them, from the lake where not. For the command line and the API. */
import { landingHourOfCase } from '../contract/dead-letter-case';
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import type { DeadLetter, Reason } from '../contract/payment';
import { findDeadLetter } from '../stores/dead-letters';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import type { DeadLetterFilter } from '../stores/ledger-dead-letters';

export interface GroupView {
  readonly reason: Reason;
  readonly lines: number;
  readonly hours: number;
  readonly firstHour: LandingHour;
  readonly lastHour: LandingHour;
  readonly redriven: number;
  readonly cases: readonly {
    readonly case: string; readonly object: string; readonly lineNumber: number; readonly reasons: readonly Reason[];
    readonly raw?: string; readonly rawBase64?: string;
  }[];
}

export async function groupsOf(ledger: Pick<Ledger, 'deadLetterGroups' | 'deadLetterCases'>, filter: DeadLetterFilter, samples: number): Promise<readonly GroupView[]> {
  const groups = await ledger.deadLetterGroups(filter);
  return Promise.all(groups.map(async (group) => ({
    reason: group.reason, lines: group.lines, hours: group.hours, firstHour: group.firstHour, lastHour: group.lastHour, redriven: group.redriven,
    cases: samples === 0 ? [] : (await ledger.deadLetterCases({ ...filter, reason: group.reason }, samples)).map((letter) => ({
      case: letter.caseId, object: letter.object, lineNumber: letter.lineNumber, reasons: letter.reasons,
      ...(letter.raw === undefined ? { rawBase64: letter.rawBase64 ?? '' } : { raw: letter.raw }),
    })),
  })));
}

export async function letterOf(lake: Lake, ledger: Pick<Ledger, 'deadLetterCase'>, caseId: string): Promise<DeadLetter> {
  const hour = landingHourOfCase(caseId);
  if (hour === null) {
    throw new SluiceError({ kind: 'usage', what: 'not a case', on: JSON.stringify(caseId), fix: 'Write one like 2026-11-20T10-3f9c0a12b4de; `npx sluice dead-letters list` shows them' });
  }
  const letter = (await ledger.deadLetterCase(caseId)) ?? (await findDeadLetter(lake, hour, caseId));
  if (letter === null) {
    throw new SluiceError({ kind: 'usage', what: 'there is no such case', on: caseId, fix: '`npx sluice dead-letters list` shows the cases' });
  }
  return letter;
}
