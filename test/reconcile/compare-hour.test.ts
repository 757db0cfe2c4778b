/** Descending by parts of buckets finds what reading every row of the buckets finds, and reads next to nothing for it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differencesOfHour, differingBuckets } from '../../activities/compare-hour';
import { hourPayments, type HourStore } from '../../activities/hour-store';
import { lakeHour, ListedDays } from '../../activities/lake-hour';
import { provenHours } from '../../activities/proven-hour';
import type { Difference } from '../../contract/reconciliation';
import type { JobControl } from '../../engines/engine';
import { line } from '../support/hour-bench';
import { ComparedDay } from './compared-day';

const ROWS = 3_000;
const FAULTS = [
  'update hour_payments set amount_cents = amount_cents + 1 where payment_id = $1',
  'delete from hour_payments where payment_id = $1',
  "update hour_payments set status_rank = status_rank + 1 where payment_id = $1",
  `insert into hour_payments select landing_hour, $1 || '-planted', created_at, status_rank, row_hash, currency, status, amount_cents, dt, merchant_id
   from hour_payments where payment_id = $1`,
];
const CONTROL: JobControl = { signal: new AbortController().signal, progress: () => undefined };

let day: ComparedDay;
let folder: string;

beforeAll(async () => {
  day = await ComparedDay.open();
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-parts-'));
});

afterAll(async () => {
  await day.close();
  await rm(folder, { recursive: true });
});

test('by parts as by rows, and only rows of parts that differ are read', async () => {
  const [, hour] = day.hours;
  await day.bench.land(hour, 'more.json', Array.from({ length: ROWS }, (_, i) => line(hour, { payment_id: `${hour}-more-${i}`, merchant_id: `m${i % 3}` })).join('\n'));
  await day.run(hour);
  for (const [i, fault] of FAULTS.entries()) await day.bench.asOwner(fault, [`${hour}-more-${i * 700}`]);
  const { hours } = await day.do('reconcileScope', { date: day.date });
  const { parts } = day.bench;
  const { proven } = await provenHours(parts, hours.filter(({ landingHour }) => landingHour === hour));
  const [byRows, byParts] = await parts.comparison.read(async (payments) => {
    const lake = await lakeHour(parts, proven[0]!, proven[0]!.files, new ListedDays(parts.lake), { folder, deep: true, control: CONTROL });
    const held = await payments.hourSums(hour);
    const buckets = differingBuckets({ held: lake.held }, { held });
    expect(buckets.length).toBeLessThanOrEqual(FAULTS.length);
    const of = { store: 'hour_payments', landingHour: hour } as const;
    const read = async (fewRows: number): Promise<{ readonly differences: readonly Difference[]; readonly rows: number }> => {
      const reference = counted(lake);
      const store = counted(hourPayments(payments, hour, held));
      const differences: Difference[] = [];
      for await (const difference of differencesOfHour(of, reference.store, store.store, buckets, fewRows)) differences.push(difference);
      return { differences, rows: reference.rows() + store.rows() };
    };
    return [await read(ROWS), await read(1)];
  }, CONTROL.signal);
  expect(byRows.differences.map(({ cause, paymentId }) => `${cause} ${paymentId}`).sort()).toEqual([
    `extra ${hour}-more-2100-planted`, `missing ${hour}-more-700`, `mutated ${hour}-more-0`, `mutated ${hour}-more-1400`,
  ]);
  expect(byParts.differences).toEqual(byRows.differences);
  // Four parts of one row each, or two where two keys meet, on either side; of whole buckets some twelve rows each.
  expect(byParts.rows).toBeLessThanOrEqual(12);
  expect(byRows.rows).toBeGreaterThan(40);
});

function counted(store: HourStore): { readonly store: HourStore; readonly rows: () => number } {
  let rows = 0;
  return {
    rows: () => rows,
    store: {
      ...store,
      async* rows(...asked) {
        for await (const row of store.rows(...asked)) {
          rows += 1;
          yield row;
        }
      },
    },
  };
}
