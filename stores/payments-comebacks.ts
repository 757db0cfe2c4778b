/** Rows that lost once and win now: a winner was taken back or lowered, and another hour's row must be read from the lake. Rare. */
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import type { CuratedPayment } from '../contract/payment';
import type { RevisionRef } from '../contract/stages';
import { readSql } from '../sql/read-sql';
import { landingHourAt } from './ledger-hours';
import { copyRows } from './payments-copy';
import type { Session } from './postgres';

/** A row of the lake, and in which partition it is. */
export interface WantedRow {
  readonly paymentId: string;
  readonly dt: string;
  readonly merchantId: string;
}

/** Whole rows of another hour's loaded revision. */
export type RowsOfHour = (landingHour: LandingHour, wanted: readonly WantedRow[]) => AsyncIterable<readonly CuratedPayment[]>;

export interface ComebackJob {
  readonly input: RevisionRef;
  readonly rowsOfHour: RowsOfHour;
  /** a row that the lake has otherwise is left out and its hour named; else it is an error */
  readonly leaveOut?: true;
  readonly signal: AbortSignal;
}

/** Losers that are brought back at once: their keys are held in memory and handed to the engine. */
const COMEBACKS_AT_ONCE = 20_000;

interface Comeback {
  readonly payment_id: string;
  readonly winner_hour: string;
  readonly winner_dt: string;
  readonly winner_merchant: string;
}

/** Answers with the hours whose rows were left out. */
export async function bringBack(session: Session, job: ComebackJob): Promise<readonly LandingHour[]> {
  let after = { winner_hour: '-infinity', payment_id: '' };
  for (;;) {
    const page = await session.rows<Comeback>(readSql('load/comebacks.sql'), [after.winner_hour, after.payment_id, COMEBACKS_AT_ONCE]);
    if (page.length === 0) break;
    await copyRows(session, 'load/copy-brought-back.sql', rowsOf(page, job.rowsOfHour), job.signal);
    after = page.at(-1)!;
  }
  if (job.leaveOut === true) return leaveOut(session);
  const [wrong] = await session.rows<{ payment_id: string; winner_hour: string; other: boolean }>(readSql('load/not-brought-back.sql'));
  if (wrong !== undefined) throw lakeDiffers(job.input, landingHourAt(wrong.winner_hour), wrong.other);
  await session.run(readSql('load/restore-winners.sql'));
  return [];
}

async function leaveOut(session: Session): Promise<readonly LandingHour[]> {
  const hours = await session.rows<{ winner_hour: string }>(readSql('rebuild/left-out-hours.sql'));
  if (hours.length > 0) await session.run(readSql('rebuild/leave-out.sql'));
  await session.run(readSql('load/restore-winners.sql'));
  return hours.map((row) => landingHourAt(row.winner_hour));
}

async function* rowsOf(page: readonly Comeback[], rowsOfHour: RowsOfHour): AsyncGenerator<readonly CuratedPayment[]> {
  const byHour = new Map<string, WantedRow[]>();
  for (const row of page) {
    const wanted = byHour.get(row.winner_hour) ?? [];
    wanted.push({ paymentId: row.payment_id, dt: row.winner_dt, merchantId: row.winner_merchant });
    byHour.set(row.winner_hour, wanted);
  }
  for (const [instant, wanted] of byHour) {
    yield* rowsOfHour(landingHourAt(instant), wanted);
  }
}

/** The payment's id is not in the message: it would name a person's payment in the Temporal UI. */
function lakeDiffers(input: RevisionRef, from: LandingHour, other: boolean): SluiceError {
  return new SluiceError({
    kind: 'data',
    what: `the lake ${other ? 'has another row' : 'has no row'} for a payment that must come back from ${from}`,
    on: `${input.landingHour} r${input.revision}`,
    fix: `Nothing was changed. Ask for ${from} with \`npx sluice run --publish all\`, then for this hour again`,
    fields: { landingHour: input.landingHour, revision: input.revision, from },
  });
}
