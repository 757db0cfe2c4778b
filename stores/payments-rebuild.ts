/**
 * An hour's rows and its part of the ledger, made again from the lake: one transaction, or nothing at all. It goes through the same
 * statements as a load that publishes everything, so that a concurrent load keeps out of its keys. Other hours may still be as they
 * were at some older point: a row that must come back from one of them is left out, and the hour named.
 */
import { SluiceError } from '../contract/errors';
import { hourStart, type LandingHour } from '../contract/landing-hour';
import type { Change } from '../contract/payment';
import { readSql } from '../sql/read-sql';
import type { HourRow } from './ledger-hours';
import { restoreLedgerOf, type HourRecord } from './ledger-rebuild';
import { takeArrived } from './payments-arrived';
import { bringBack, type RowsOfHour } from './payments-comebacks';
import { removeLeftOver, replaceInHour } from './payments-of-hour';
import { decideWinners, KEY_LOCKS } from './payments-winners';
import type { Postgres, Session } from './postgres';

export interface RebuildJob {
  readonly record: HourRecord;
  /** null: hour_payments have the right rows already */
  readonly load: WholeHour | null;
  /** whole rows of what another hour's commit shows */
  readonly rowsOfHour: RowsOfHour;
  readonly signal: AbortSignal;
  readonly progress: (step: string, records?: number) => void;
}

export interface WholeHour {
  /** null: the lake cannot give the rows of what was loaded, so the hour has none until it is run */
  readonly revision: number | null;
  readonly rows: number;
  readonly records: () => AsyncIterable<readonly Change[]>;
}

/** Answers with the hours whose rows were left out. */
export function rebuildHour(loader: Postgres, job: RebuildJob): Promise<readonly LandingHour[]> {
  return loader.transaction(async (session) => {
    await session.run(readSql('load/session.sql'));
    const { record, load } = job;
    const hour = hourStart(record.landingHour);
    await session.run(readSql('ledger/ensure-hour.sql'), [hour]);
    const [row] = await session.rows<HourRow>(readSql('ledger/lock-hour.sql'), [hour]);
    refuseNewer(record, row!);
    await restoreLedgerOf(session, record);
    return load === null ? [] : loadWhole(session, hour, load, job);
  }, job.signal);
}

async function loadWhole(session: Session, hour: Date, load: WholeHour, { record, rowsOfHour, signal, progress }: RebuildJob): Promise<readonly LandingHour[]> {
  progress('reading the hour');
  const { upserts, parts } = await takeArrived(session, hour, load.records(), { signal, counted: (records) => progress('reading the hour', records) });
  const arrived = { hour, whole: true, upserts, changes: 0, parts };
  progress('waiting for other loads');
  await session.rows(readSql('load/lock-keys.sql'), [KEY_LOCKS, hour, true]);

  progress('replacing the hour’s payments');
  await session.run(readSql('load/remove-from-hour.sql'), [hour]);
  const known = await replaceInHour(session, arrived);
  checkRows(await removeLeftOver(session, arrived, known), load, record.landingHour);

  const { broughtBack } = await decideWinners(session, arrived, progress);
  const leftOut = broughtBack === 0 ? []
    : await bringBack(session, { input: { landingHour: record.landingHour, revision: load.revision ?? 0 }, rowsOfHour, leaveOut: true, signal });
  await session.run(readSql('rebuild/set-loaded.sql'), [hour, load.revision]);
  return leftOut;
}

/** The lake is what Postgres is made from; where it is the older of the two, something else was lost. */
function refuseNewer(record: HourRecord, row: HourRow): void {
  const known = Math.max(row.loaded_revision ?? 0, row.committed_revision ?? 0);
  if (known <= record.committedRevision) return;
  throw new SluiceError({
    kind: 'data',
    what: `the ledger has revision ${known} of the hour, and the lake shows ${record.committedRevision === 0 ? 'none' : record.committedRevision}`,
    on: record.landingHour,
    fix: `Nothing of the hour was changed. Restore the lake’s committed/ and runs/ folders, or ask for the hour with \`npx sluice run --landing-hour ${record.landingHour} --publish all\``,
    fields: { landingHour: record.landingHour, ledger: known, lake: record.committedRevision },
  });
}

function checkRows(rows: bigint, load: WholeHour, landingHour: LandingHour): void {
  if (rows === BigInt(load.rows)) return;
  throw new SluiceError({
    kind: 'data',
    what: `the lake’s files of the hour have ${rows} rows, its commit says ${load.rows}`,
    on: landingHour,
    fix: `Nothing of the hour was changed. Ask for it with \`npx sluice run --landing-hour ${landingHour} --publish all\``,
    fields: { landingHour, rows: Number(rows), expected: load.rows },
  });
}
