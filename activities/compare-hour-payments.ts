/**
 * compareHourPayments: what hour_payments hold of the day's hours, against what was proven of them. An hour that was right before is only
 * looked at where it was written since, unless `deep`. Reads one view of Postgres and the lake; writes the differences' objects and
 * notes of what is right. Killed anywhere, a second run does it again.
 */
import { BUCKETS, bucketOf, type CompareInput, type Difference, type HourDifference, type StoreComparison } from '../contract/reconciliation';
import type { ComparedPayments, PaymentsComparison } from '../stores/compared-payments';
import { agree, differencesOfHour, differingBuckets } from './compare-hour';
import { Differences } from './differences';
import { withHeartbeat } from './heartbeat';
import { hourPayments, type FilesHour } from './hour-store';
import { ListedDays } from './lake-hour';
import { provenHours, type NotCompared, type ProvenHour } from './proven-hour';
import { referenceFiles, type ReferenceParts } from './reference-hour';
import { withWorkFolder } from './work-folder';
import { differencesSince, isAsItWas, WRITTEN_AT_MOST } from './written-since';

export interface CompareHourPaymentsParts extends ReferenceParts {
  readonly comparison: PaymentsComparison;
  readonly workDir: string;
}

const STORE = 'hour_payments';

export function createCompareHourPayments(parts: CompareHourPaymentsParts) {
  return async function compareHourPayments(input: CompareInput): Promise<StoreComparison> {
    const startedAt = performance.now();
    return withHeartbeat((control) => withWorkFolder(parts.workDir, async (folder) => {
      const differences = new Differences(parts.lake, input, folder);
      const listed = new ListedDays(parts.lake);
      const known = await provenHours(parts, input.hours);
      const notCompared: NotCompared[] = [...known.notCompared];
      const hours: HourDifference[] = [];
      let [rows, compared, descended] = [0, 0, 0];
      await parts.comparison.read(async (payments) => {
        const settled = await payments.settled();
        for (const hour of known.proven) {
          control.signal.throwIfAborted();
          const { landingHour, revision } = hour;
          // Asked hour by hour: a session that asks nothing while the lake is read would be ended.
          const loaded = (await payments.loadedRevisions([landingHour])).get(landingHour) ?? 0;
          if (loaded !== revision) {
            notCompared.push({ landingHour, why: `revision ${loaded} was loaded since the day was looked at; compare it again` });
            continue;
          }
          control.progress({ step: `comparing ${landingHour}` });
          const of = { store: STORE, landingHour, revision } as const;
          const found = await compareInTable({
            hour, payments, deep: input.deep ?? false,
            referenceOf: () => referenceFiles({ parts, payments, listed, folder, control }, hour),
            write: (named) => differences.write(of, named),
          });
          if (found === null) {
            notCompared.push({ landingHour, why: NO_REFERENCE });
            continue;
          }
          rows += found.rows;
          compared += BUCKETS;
          descended += found.descended;
          if (found.difference !== null) hours.push(found.difference);
          else if (revision > 0) await parts.ledger.noteComparedHour(landingHour, revision, settled);
        }
      }, control.signal);
      return {
        store: STORE, rows, bucketsCompared: compared, bucketsDescended: descended, seconds: (performance.now() - startedAt) / 1000, hours, notCompared,
      };
    }));
  };
}

interface ComparedInTable {
  readonly rows: number;
  readonly descended: number;
  readonly difference: HourDifference | null;
}

interface TableHour {
  readonly hour: ProvenHour;
  readonly payments: ComparedPayments;
  readonly deep: boolean;
  referenceOf(): Promise<FilesHour | null>;
  write(differences: AsyncIterable<Difference> | Iterable<Difference>): Promise<HourDifference | null>;
}

/** Null: nothing is left from which the hour's rows could be known. */
async function compareInTable({ hour, payments, deep, referenceOf, write }: TableHour): Promise<ComparedInTable | null> {
  const { landingHour, revision } = hour;
  const of = { store: STORE, landingHour } as const;
  const since = deep ? null : await payments.hourSince(landingHour, revision, WRITTEN_AT_MOST);
  if (since !== null && isAsItWas(since, hour)) return { rows: since.sums.rows, descended: 0, difference: await write([]) };
  const reference = await referenceOf();
  if (reference === null) return null;
  if (since === null) {
    const whole = await payments.wholeHour(landingHour);
    if (agree(reference, { held: whole })) return { rows: whole.sums.rows, descended: 0, difference: await write([]) };
  } else {
    const named = await differencesSince(of, hour, since, reference);
    if (named !== null) {
      const descended = new Set(named.map(({ paymentId }) => bucketOf(paymentId))).size;
      return { rows: since.sums.rows, descended, difference: await write(named) };
    }
  }
  const table = hourPayments(payments, landingHour, await payments.hourSums(landingHour));
  const buckets = differingBuckets(reference, table);
  return { rows: table.held.sums.rows, descended: buckets.length, difference: await write(differencesOfHour(of, reference, table, buckets)) };
}

export const NO_REFERENCE = 'no store agrees with its proof and raw does not give it again: its rows cannot be named';
