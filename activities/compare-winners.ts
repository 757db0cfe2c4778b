/**
 * compareWinners: curated_payments against what the hours say, put right by what compareHourPayments found in the same round: the greatest
 * over all hours must be there, with every column as it was computed. Of hours whose winners were all right before, only those written since have
 * their hashes made anew, unless `deep`. Reads one view of Postgres; writes the differences' objects, and notes of what is right. Killed anywhere,
 * a second run does it again.
 */
import { BUCKETS, bucketOf, type CompareInput, type ComparedRow, type Difference, type HourDifference, type StoreComparison } from '../contract/reconciliation';
import { byBucketAndKey } from '../contract/differing-rows';
import type { LandingHour } from '../contract/landing-hour';
import { differenceOfWinner, greatestOf, type HourRow } from '../contract/differing-winners';
import type { ComparedPayments, PaymentsComparison } from '../stores/compared-payments';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { Differences, keyOf } from './differences';
import { withHeartbeat } from './heartbeat';
import type { NotCompared } from './proven-hour';
import { withWorkFolder } from './work-folder';

export interface CompareWinnersParts {
  readonly lake: Lake;
  readonly ledger: Pick<Ledger, 'noteComparedWinners'>;
  readonly comparison: PaymentsComparison;
  readonly workDir: string;
}

const STORE = 'curated_payments';
/** Named at most, of a day; beyond that a table was lost, and no list of keys helps. */
const AT_MOST = 100_000;
const KEYS_AT_ONCE = 2_000;

/** What an hour should say of a payment, where hour_payments say something else; null: nothing. */
type Corrections = ReadonlyMap<string, ReadonlyMap<LandingHour, ComparedRow | null>>;

export function createCompareWinners({ lake, ledger, comparison, workDir }: CompareWinnersParts) {
  return async function compareWinners(input: CompareInput): Promise<StoreComparison> {
    const startedAt = performance.now();
    return withHeartbeat((control) => withWorkFolder(workDir, async (folder) => {
      const scope = new Map(input.hours.map((hour) => [hour.landingHour, hour]));
      const { corrections, notCompared } = await correctionsOf(lake, input);
      const left = [...scope.keys()].filter((hour) => !notCompared.some(({ landingHour }) => landingHour === hour));
      const byHour = new Map<LandingHour, Difference[]>(left.map((hour) => [hour, []]));
      let [rows, settled] = [0, ''];
      const revisions = await comparison.read(async (payments) => {
        rows = await payments.countHourRows(left);
        control.progress({ step: 'looking for winners in doubt' });
        settled = await payments.settled();
        const inDoubt = await payments.inDoubt(input.date, left, AT_MOST, input.deep === true ? null : await payments.winnersSettled(left));
        if (inDoubt.more) notCompared.push(...left.map((landingHour) => ({ landingHour, why: `more than ${AT_MOST} of the day's winners are in doubt: only so many were judged` })));
        const keys = [...new Set([...inDoubt.paymentIds, ...corrections.keys()])];
        const unjudged = new Set(notCompared.filter(({ why }) => why === TOO_MANY).map(({ landingHour }) => landingHour));
        for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
          control.signal.throwIfAborted();
          control.progress({ step: 'judging winners', lines: at });
          for (const difference of await judged(payments, keys.slice(at, at + KEYS_AT_ONCE), corrections, scope)) {
            if (unjudged.has(difference.landingHour)) continue;
            const known = byHour.get(difference.landingHour);
            if (known === undefined) byHour.set(difference.landingHour, [difference]);
            else known.push(difference);
          }
        }
        return payments.loadedRevisions([...byHour.keys()]);
      }, control.signal);

      const differences = new Differences(lake, input, folder);
      const hours: HourDifference[] = [];
      let descended = 0;
      for (const [landingHour, found] of byHour) {
        const loaded = revisions.get(landingHour) ?? null;
        const known = scope.get(landingHour);
        const moved = known !== undefined && known.revision !== loaded;
        if (moved) notCompared.push({ landingHour, why: `revision ${loaded ?? 0} was loaded since the day was looked at; compare it again` });
        descended += new Set(found.map(({ paymentId }) => bucketOf(paymentId))).size;
        const written = await differences.write({ store: STORE, landingHour, revision: loaded ?? 0 }, moved ? [] : found.sort(byBucketAndKey));
        if (written !== null) hours.push(written);
      }
      // One that is wrong may be named with another hour than it says it is of.
      const right = hours.length === 0 && notCompared.length === 0 ? left.filter((hour) => (scope.get(hour)!.revision ?? 0) > 0) : [];
      if (right.length > 0) await ledger.noteComparedWinners(right, settled);
      return {
        store: STORE, rows, bucketsCompared: BUCKETS * left.length, bucketsDescended: descended,
        seconds: (performance.now() - startedAt) / 1000, hours, notCompared,
      };
    }));
  };
}

const TOO_MANY = 'hour_payments differ in too many rows of it; have them put right first, then compare again';

async function correctionsOf(lake: Lake, input: CompareInput): Promise<{ readonly corrections: Corrections; readonly notCompared: NotCompared[] }> {
  const corrections = new Map<string, Map<LandingHour, ComparedRow | null>>();
  const notCompared: NotCompared[] = [];
  let count = 0;
  for (const { landingHour } of input.hours) {
    const found = await lake.readText(keyOf(input, { store: 'hour_payments', landingHour }));
    if (found === null) continue;
    const lines = found.text.trimEnd().split('\n');
    count += lines.length;
    if (count > AT_MOST) {
      notCompared.push({ landingHour, why: TOO_MANY });
      continue;
    }
    for (const line of lines) {
      const { paymentId, expected } = JSON.parse(line) as Difference;
      corrections.set(paymentId, (corrections.get(paymentId) ?? new Map<LandingHour, ComparedRow | null>()).set(landingHour, expected));
    }
  }
  return { corrections, notCompared };
}

async function judged(
  payments: ComparedPayments, keys: readonly string[], corrections: Corrections, scope: ReadonlyMap<LandingHour, unknown>,
): Promise<readonly Difference[]> {
  const winners = new Map((await payments.winners(keys)).map((winner) => [winner.row.paymentId, winner]));
  const rows = new Map<string, HourRow[]>();
  for (const { landingHour, row } of await payments.rowsOf(keys)) {
    if (corrections.get(row.paymentId)?.has(landingHour) === true) continue;
    rows.set(row.paymentId, [...(rows.get(row.paymentId) ?? []), { landingHour, row }]);
  }
  return keys.flatMap((paymentId) => {
    const corrected = [...(corrections.get(paymentId) ?? [])].flatMap(([landingHour, row]) => (row === null ? [] : [{ landingHour, row }]));
    const ofHours = [...(rows.get(paymentId) ?? []), ...corrected];
    const difference = differenceOfWinner(STORE, paymentId, greatestOf(ofHours), winners.get(paymentId) ?? null, ofHours);
    if (difference === null) return [];
    // Where it is to be put right: the hour whose row should be there, if the day has it.
    const found = winners.get(paymentId)?.landingHour;
    return [!scope.has(difference.landingHour) && found !== undefined && scope.has(found) ? { ...difference, landingHour: found } : difference];
  });
}
