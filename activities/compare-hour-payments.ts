/**
 * compareHourPayments: what hour_payments hold of the day's hours, against what was proven of them. Reads one view of Postgres and the
 * lake; writes the differences' objects and nothing else. Killed anywhere, a second run does it again.
 */
import { BUCKETS, type CompareInput, type HourDifference, type StoreComparison } from '../contract/reconciliation';
import type { PaymentsComparison } from '../stores/compared-payments';
import { differencesOfHour, differingBuckets } from './compare-hour';
import { Differences } from './differences';
import { withHeartbeat } from './heartbeat';
import { hourPayments } from './hour-store';
import { ListedDays } from './lake-hour';
import { provenHours, type NotCompared } from './proven-hour';
import { referenceHour, type ReferenceParts } from './reference-hour';
import { withWorkFolder } from './work-folder';

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
          const reference = await referenceHour({ parts, payments, listed, folder, control }, hour, STORE);
          if (reference === null) {
            notCompared.push({ landingHour, why: NO_REFERENCE });
            continue;
          }
          const store = hourPayments(payments, landingHour, await payments.hourSums(landingHour));
          rows += store.held.sums.rows;
          compared += BUCKETS;
          const buckets = differingBuckets(reference, store);
          descended += buckets.length;
          const of = { store: STORE, landingHour, revision } as const;
          const found = await differences.write(of, differencesOfHour({ store: STORE, landingHour }, reference, store, buckets));
          if (found !== null) hours.push(found);
        }
      }, control.signal);
      return {
        store: STORE, rows, bucketsCompared: compared, bucketsDescended: descended, seconds: (performance.now() - startedAt) / 1000, hours, notCompared,
      };
    }));
  };
}

export const NO_REFERENCE = 'no store agrees with its proof and raw does not give it again: its rows cannot be named';
