/** The input of a day's report, checked by hand: people type it into the Temporal UI. */
import { ApplicationFailure } from '@temporalio/workflow';
import { DEADLINE_AT_MOST_HOURS, type AskedAgain, type DailyReportInput } from '../contract/daily-report';
import { isUtcDate } from '../contract/landing-hour';

const RIGHT = 'Start dailyReport with {"date": "2026-11-20"}, a UTC date; for one merchant add "merchant": "shop-1"';
const MERCHANT = /^[A-Za-z0-9_.:@-]{1,128}$/;

export function checkDailyReportInput(input: unknown): DailyReportInput {
  const given = input as Partial<DailyReportInput> | null | undefined;
  if (typeof given !== 'object' || given === null || !isUtcDate(given.date)) throw wrong(`not a date (${JSON.stringify(input) ?? 'no input'})`);
  if (given.merchant !== undefined && (typeof given.merchant !== 'string' || !MERCHANT.test(given.merchant))) throw wrong('merchant must be a merchant’s id');
  const { deadlineHours } = given;
  if (deadlineHours !== undefined && !(typeof deadlineHours === 'number' && deadlineHours >= 0 && deadlineHours <= DEADLINE_AT_MOST_HOURS)) {
    throw wrong(`deadlineHours must be a number from 0 to ${DEADLINE_AT_MOST_HOURS}`);
  }
  checkAskedAgain(given);
  return given as DailyReportInput;
}

function checkAskedAgain({ by, acceptMissing }: AskedAgain): void {
  if (by !== undefined && (typeof by !== 'string' || by === '')) throw wrong('by must be a name');
  if (acceptMissing !== undefined && typeof acceptMissing !== 'boolean') throw wrong('acceptMissing must be true or false');
  // Who takes it upon himself must be known afterwards.
  if (acceptMissing === true && by === undefined) throw wrong('acceptMissing needs "by": "your name"');
}

/** A signal cannot be refused: one that cannot be read asks for a look and accepts nothing. */
export function readAskedAgain(given: unknown): AskedAgain {
  const asked = (given ?? {}) as AskedAgain;
  try {
    checkAskedAgain(asked);
    return asked;
  } catch {
    return {};
  }
}

function wrong(problem: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${problem}. ${RIGHT}`, 'usage');
}
