/**
 * Puts the rows of single payments of an hour right in Postgres, from the lake: one transaction from the lock of the hour to the
 * ledger's note, or nothing at all.
 */
import { SluiceError } from '../contract/errors';
import { hourStart, type LandingHour } from '../contract/landing-hour';
import type { Change, CuratedPayment } from '../contract/payment';
import { firstDifferenceOfSums, type Sums } from '../contract/sums';
import { readSql } from '../sql/read-sql';
import type { HourRow } from './ledger-hours';
import { takeArrived } from './payments-arrived';
import { bringBack, type RowsOfHour } from './payments-comebacks';
import { writeInHour } from './payments-of-hour';
import { sumsOfCells, type SumsCell } from './payments-sums';
import { countVerdicts, KEY_LOCKS } from './payments-winners';
import type { Postgres, Session } from './postgres';
import { jsonbText } from './postgres-json';

/** Which repair of which reconciliation; `revision` is what was loaded when it was compared, 0 for none. */
export interface RepairRef {
  readonly reconciliationId: string;
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly attempt: number;
}

export interface Partition {
  readonly dt: string;
  readonly merchantId: string;
}

export interface RepairJob {
  readonly input: RepairRef;
  readonly paymentIds: readonly string[];
  /** what hour_payments must add up to afterwards: the revision's commit */
  readonly expected: Sums;
  /** whole rows of this hour's revision that have one of the ids, from these partitions and those that the job knows */
  readonly rowsOfRevision: (partitions: readonly Partition[]) => AsyncIterable<readonly CuratedPayment[]>;
  /** whole rows of another hour's loaded revision, from the lake */
  readonly rowsOfHour: RowsOfHour;
  readonly signal: AbortSignal;
  readonly progress: (step: string) => void;
}

export interface RepairResult {
  /** of hour_payments */
  readonly removed: number;
  readonly replaced: number;
  /** of curated_payments */
  readonly winners: number;
  readonly gone: number;
  /** a former attempt had done it already */
  readonly found: boolean;
}

const KEYS_AT_ONCE = 20_000;

export async function repairKeys(loader: Postgres, job: RepairJob): Promise<RepairResult> {
  return loader.transaction(async (session) => {
    await session.run(readSql('load/session.sql'));
    const { input } = job;
    const hour = hourStart(input.landingHour);
    const former = await admit(session, input);
    if (former !== null) return { ...former, found: true };

    job.progress('reading the rows from the lake');
    await session.run(readSql('repair/repaired-keys.sql'));
    for (let at = 0; at < job.paymentIds.length; at += KEYS_AT_ONCE) {
      await session.run(readSql('repair/add-keys.sql'), [job.paymentIds.slice(at, at + KEYS_AT_ONCE)]);
    }
    const partitions = await session.rows<{ dt: string; merchant_id: string }>(readSql('repair/partitions.sql'), [hour]);
    const rows = job.rowsOfRevision(partitions.map((row) => ({ dt: row.dt, merchantId: row.merchant_id })));
    await takeArrived(session, hour, upserts(rows), { signal: job.signal, counted: () => undefined });
    await session.run('analyze repaired');

    job.progress('waiting for loads');
    await session.rows(readSql('repair/lock-keys.sql'), [KEY_LOCKS]);
    job.progress('replacing the hour’s payments');
    const removed = await session.run(readSql('repair/remove-extra.sql'), [hour]);
    const replaced = await writeInHour(session, hour);
    await assertHealed(session, job);

    job.progress('deciding the winners');
    await session.run(readSql('repair/contest.sql'));
    await session.run('analyze verdicts');
    await session.run(readSql('load/settle-contested.sql'), [hour]);
    await session.run(readSql('repair/force-contents.sql'));
    const winners = await session.run(readSql('load/insert-winners.sql'), [false]) + await session.run(readSql('load/update-winners.sql'));
    const gone = await session.run(readSql('load/delete-gone.sql'));
    const { counts: { broughtBack: back } } = await countVerdicts(session);
    if (back > 0) {
      job.progress('bringing rows back from the lake');
      await bringBack(session, job);
    }

    const result: RepairResult = { removed, replaced, winners: winners + back, gone, found: false };
    await session.run(readSql('repair/mark-done.sql'), [input.reconciliationId, hour, input.attempt, jsonbText(result)]);
    return result;
  }, job.signal);
}

/** Locks the repair and then the hour; answers with what a former attempt did. */
async function admit(session: Session, input: RepairRef): Promise<RepairResult | null> {
  const hour = hourStart(input.landingHour);
  const [planned] = await session.rows<{ done_at: string | null; result: RepairResult | null }>(
    readSql('repair/planned.sql'), [input.reconciliationId, hour, input.attempt]);
  if (planned === undefined) throw notPlanned(input);
  if (planned.result !== null) return planned.result;
  const [locked] = await session.rows<HourRow>(readSql('ledger/lock-hour.sql'), [hour]);
  const loaded = locked?.loaded_revision ?? 0;
  if (loaded === input.revision) return null;
  throw new SluiceError({
    kind: 'fenced',
    what: `revision ${loaded} is loaded now, revision ${input.revision} was compared`,
    on: input.landingHour,
    fix: 'Nothing was changed; the hour is compared again',
    fields: { landingHour: input.landingHour, revision: input.revision, loaded },
  });
}

async function* upserts(rows: AsyncIterable<readonly CuratedPayment[]>): AsyncGenerator<readonly Change[]> {
  for await (const some of rows) yield some.map((row) => ({ op: 'upsert', row }));
}

/** A lake that has not what was proven must not be copied into Postgres, and keys that nobody named would stay wrong. */
async function assertHealed(session: Session, { input, expected }: RepairJob): Promise<void> {
  const cells = await session.rows<SumsCell>(readSql('load/hour-sums.sql'), [hourStart(input.landingHour)]);
  const difference = firstDifferenceOfSums('proven', expected, 'hour_payments', sumsOfCells(cells));
  if (difference === null) return;
  throw new SluiceError({
    kind: 'data',
    what: `the hour would still not be what was proven: ${difference}`,
    on: `${input.landingHour} r${input.revision}`,
    fix: 'Nothing was changed. Compare the day again; what differs beyond these keys is made again from raw',
    fields: { landingHour: input.landingHour, revision: input.revision, difference },
  });
}

function notPlanned({ reconciliationId, landingHour, attempt }: RepairRef): SluiceError {
  return new SluiceError({
    kind: 'data', what: 'the ledger knows no such repair, and none is done without a note of it', on: `${landingHour}, attempt ${attempt}`,
    fix: 'Start the reconciliation of the day again', fields: { reconciliationId, landingHour, attempt },
  });
}
