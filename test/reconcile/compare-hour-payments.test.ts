/** What hour_payments hold is held against what was proven, and each fault is named by its key and cause, and nothing else is. */
import { Client } from 'pg';
import { hourStart, type LandingHour } from '../../contract/landing-hour';
import { fill, readSql } from '../../sql/read-sql';
import { ComparedDay } from './compared-day';

let day: ComparedDay;

beforeAll(async () => {
  day = await ComparedDay.open();
});

afterAll(() => day.close());

test('an undisturbed day has no difference in any store, and a second look reads no file again', async () => {
  const { scope, comparisons, named } = await day.compare();
  expect(scope.hours.map(({ landingHour, revision, state, rows }) => [landingHour, revision, state, rows])).toEqual([
    [day.hours[0], 1, 'proven', 61], [day.hours[1], 1, 'proven', 61], [day.hours[2], 2, 'proven', 61],
  ]);
  expect(named).toEqual([]);
  expect(comparisons.flatMap(({ notCompared }) => notCompared)).toEqual([]);
  expect(comparisons.map(({ store, bucketsDescended }) => [store, bucketsDescended])).toEqual(scope.stores.map(({ store }) => [store, 0]));
  const download = jest.spyOn(day.bench.parts.lake, 'downloadAll');
  expect((await day.compare(['lake', 'hour_payments'])).named).toEqual([]);
  expect(download).not.toHaveBeenCalled();
  expect((await day.compare(['lake'], { deep: true })).named).toEqual([]);
  expect(download).toHaveBeenCalledTimes(3);
  download.mockRestore();
});

interface Fault {
  readonly what: string;
  readonly statement: string;
  readonly cause: 'missing' | 'extra' | 'stale' | 'mutated';
  readonly key?: string;
}

const FAULTS: readonly Fault[] = [
  { what: 'deleted', statement: 'delete from hour_payments where payment_id = $1', cause: 'missing' },
  { what: 'changed by one cent', statement: 'update hour_payments set amount_cents = amount_cents + 1 where payment_id = $1', cause: 'mutated' },
  { what: 'aged', statement: "update hour_payments set created_at = created_at - interval '1 microsecond' where payment_id = $1", cause: 'stale' },
  { what: 'set back to a former status', statement: "update hour_payments set status = 'PENDING', status_rank = 1, row_hash = 7 where payment_id = $1", cause: 'stale' },
  { what: 'given to another merchant', statement: "update hour_payments set merchant_id = 'm-other' where payment_id = $1", cause: 'mutated' },
  { what: 'given another rank than its status has', statement: 'update hour_payments set status_rank = status_rank + 1 where payment_id = $1', cause: 'mutated' },
  {
    what: 'added', cause: 'extra', key: '-planted',
    statement: `insert into hour_payments select landing_hour, $1 || '-planted', created_at, status_rank, row_hash, currency, status, amount_cents, dt, merchant_id
      from hour_payments where payment_id = $1`,
  },
];

test.each(FAULTS.flatMap((fault) => [{ ...fault, deep: false }, { ...fault, deep: true }]))('a row that was $what is named, and nothing else (deep: $deep)', async ({ statement, cause, key, deep }) => {
  const [hour] = day.hours;
  const paymentId = `${hour}-11`;
  // Noted as right, so that only what is written from now on is looked at.
  await day.compare(['hour_payments']);
  await day.bench.asOwner(statement, [paymentId]);
  const { comparisons, named, differences } = await day.compare(undefined, { deep });
  await mended(paymentId);
  expect(named).toEqual([{ store: 'hour_payments', landingHour: hour, paymentId: `${paymentId}${key ?? ''}`, cause }]);
  expect(differences[0]).toMatchObject({ expected: cause === 'extra' ? null : { paymentId }, found: cause === 'missing' ? null : {} });
  const { hours, bucketsDescended } = comparisons.find(({ store }) => store === 'hour_payments')!;
  expect(bucketsDescended).toBe(1);
  expect(hours[0]).toMatchObject({ revision: 1, causes: { [cause]: 1 }, rows: 1 });
});

test('cents moved from one payment to another of its currency and status are named on both sides', async () => {
  const [, hour] = day.hours;
  await day.bench.asOwner('update hour_payments set amount_cents = amount_cents + 5 where payment_id = $1', [`${hour}-3`]);
  await day.bench.asOwner('update hour_payments set amount_cents = amount_cents - 5 where payment_id = $1', [`${hour}-50`]);
  const { named, comparisons } = await day.compare(['hour_payments']);
  await mended(`${hour}-3`, `${hour}-50`);
  expect(named.map(({ paymentId, cause }) => [paymentId, cause]).sort()).toEqual([[`${hour}-3`, 'mutated'], [`${hour}-50`, 'mutated']]);
  expect(comparisons[0]!.hours[0]!.money).toEqual([{ currency: 'EUR', amountCents: '10' }]);
});

test('rows of an hour that nobody ever ran are extra', async () => {
  const stranger = `${day.date}T15`;
  await day.bench.asOwner(`insert into hour_payments select $1, $2 || '-stranger', created_at, status_rank, row_hash, currency, status, amount_cents, dt, merchant_id
    from hour_payments where payment_id = $2`, [hourStart(stranger as typeof day.hours[0]), `${day.hours[0]}-11`]);
  const { scope, named } = await day.compare(['lake', 'hour_payments']);
  await day.bench.asOwner('delete from hour_payments where payment_id = $1', [`${day.hours[0]}-11-stranger`]);
  expect(scope.hours.at(-1)).toMatchObject({ landingHour: stranger, revision: null, state: 'open' });
  expect(named).toEqual([{ store: 'hour_payments', landingHour: stranger, paymentId: `${day.hours[0]}-11-stranger`, cause: 'extra' }]);
});

test('an hour that was loaded anew since the day was looked at is not judged', async () => {
  const { hours } = await day.do('reconcileScope', { date: day.date });
  const older = hours.map((hour) => (hour.landingHour === day.hours[2] ? { ...hour, revision: 1 } : hour));
  const { notCompared, hours: differing } = await day.do('compareHourPayments', { reconciliationId: 'older', date: day.date, hours: older });
  expect(differing).toEqual([]);
  expect(notCompared).toEqual([{ landingHour: day.hours[2], why: expect.stringContaining('revision 2 was loaded since') as string }]);
});

describe('an hour that was right when it was last compared', () => {
  const hourReads = (): { readonly whole: () => number; readonly looks: () => number } => {
    const queries = jest.spyOn(Client.prototype, 'query');
    const asked = (question: string) => (): number => queries.mock.calls.filter(([statement]) => typeof statement === 'string' && (statement as string).includes(question)).length;
    return { whole: asked('What do the hour\'s payments add up to, by bucket'), looks: asked('how many of them were written since') };
  };
  beforeEach(async () => {
    expect((await day.compare(['hour_payments'])).named).toEqual([]);
  });
  afterEach(() => jest.restoreAllMocks());

  test('is not hashed again, unless the comparison is deep', async () => {
    const reads = hourReads();
    expect((await day.compare(['hour_payments'])).comparisons[0]).toMatchObject({ rows: 183, bucketsCompared: 768, bucketsDescended: 0, hours: [], notCompared: [] });
    expect([reads.whole(), reads.looks()]).toEqual([0, 3]);
    expect((await day.compare(['hour_payments'], { deep: true })).named).toEqual([]);
    expect([reads.whole(), reads.looks()]).toEqual([3, 3]);
  });

  test('and was written since has only those rows judged, whatever else was written besides', async () => {
    const [first, second] = day.hours;
    const reads = hourReads();
    // As it is already: written, and not changed.
    await day.bench.asOwner('update hour_payments set amount_cents = amount_cents where landing_hour = $1 and payment_id < $2', [hourStart(first), `${first}-3`]);
    await day.bench.asOwner('update hour_payments set dt = dt + 1 where payment_id = $1', [`${first}-20`]);
    await day.bench.asOwner('update hour_payments set amount_cents = amount_cents + 1 where payment_id = any($1)', [[`${second}-4`, `${second}-5`]]);
    const { named } = await day.compare(['hour_payments']);
    expect(reads.whole()).toBe(0);
    await mended(`${first}-20`, `${second}-4`, `${second}-5`);
    expect(named.map(({ paymentId, cause }) => [paymentId, cause]).sort()).toEqual([[`${first}-20`, 'mutated'], [`${second}-4`, 'mutated'], [`${second}-5`, 'mutated']]);
    expect((await day.compare(['hour_payments'])).named).toEqual([]);
    expect(reads.whole()).toBe(0);
  });

  test('has only the files fetched in which the rows that were written are likely to lie, and the others where they are not', async () => {
    const [hour] = day.hours;
    await allNoted(hour);
    const reads = hourReads();
    const download = jest.spyOn(day.bench.parts.lake, 'downloadAll');
    const fetched = (): readonly (readonly string[])[] => download.mock.calls.map(([objects]) => objects.map(({ key }) => key))
      .filter(([first]) => first!.includes(`/${hour}-r`)).map((keys) => keys.map((key) => /merchant_id=([^/]+)/.exec(key)![1]!));
    await day.bench.asOwner('update hour_payments set amount_cents = amount_cents + 1 where payment_id = any($1)', [[`${hour}-12`, `${hour}-15`]]);
    const changed = await day.compare(['hour_payments']);
    await mended(`${hour}-12`, `${hour}-15`);
    expect(changed.named.map(({ paymentId, cause }) => [paymentId, cause]).sort()).toEqual([[`${hour}-12`, 'mutated'], [`${hour}-15`, 'mutated']]);
    expect(fetched()).toEqual([['m0']]);
    await allNoted(hour);
    download.mockClear();
    await day.bench.asOwner("update hour_payments set merchant_id = 'm1' where payment_id = $1", [`${hour}-12`]);
    const moved = await day.compare(['hour_payments']);
    await mended(`${hour}-12`);
    expect(moved.named).toEqual([{ store: 'hour_payments', landingHour: hour, paymentId: `${hour}-12`, cause: 'mutated' }]);
    expect(moved.differences[0]).toMatchObject({ expected: { merchantId: 'm0' }, found: { merchantId: 'm1' } });
    expect(fetched().map((merchants) => [...merchants].sort())).toEqual([['m1'], ['m0', 'm2']]);
    expect(reads.whole()).toBe(0);
  });

  test.each([
    { settled: '1000', numbers: { 999: false, 1000: true, 2147484647: true, 2147484648: false, 4294967295: false } },
    // Numbers begin anew at 3: 2^32 + 1,000 is 1,000, and what was written before is high.
    { settled: '4294968296', numbers: { 999: false, 1000: true, 4294967295: false } },
    { settled: '4294967000', numbers: { 4294966999: false, 4294967000: true, 4294967295: true, 3: true, 2147483351: true, 2147483352: false } },
  ])('knows what was written since $settled by numbers of 32 bits', async ({ settled, numbers }) => {
    const written = `select p.xmin::text as number, ${fill(readSql('reconcile/row-written.sql'), { row: 'p', settled: '$3' })} as written
      from (select unnest($1::xid[]) as xmin, $2::text[]) p`;
    const found = await day.bench.rows<{ number: string; written: boolean }>(written, [Object.keys(numbers), [], settled]);
    expect(Object.fromEntries(found.map((row) => [row.number, row.written]))).toEqual(numbers);
  });

  test('is compared whole where a rank is no longer that of its status, though nobody wrote the row since', async () => {
    const [hour] = day.hours;
    const reads = hourReads();
    await day.bench.asOwner('update hour_payments set status_rank = status_rank + 1 where payment_id = $1', [`${hour}-12`]);
    // As if the ranks were others in the release that noted it.
    await day.bench.asOwner('update ledger.compared_hours set settled = pg_current_xact_id(), noted_in = pg_current_xact_id() where landing_hour = $1', [hourStart(hour)]);
    const { named } = await day.compare(['hour_payments']);
    await mended(`${hour}-12`);
    expect(named).toEqual([{ store: 'hour_payments', landingHour: hour, paymentId: `${hour}-12`, cause: 'mutated' }]);
    expect(reads.whole()).toBe(1);
  });

  test('and lost a row as well as it was written is compared whole', async () => {
    const [hour] = day.hours;
    const reads = hourReads();
    await day.bench.asOwner('delete from hour_payments where payment_id = $1', [`${hour}-12`]);
    await day.bench.asOwner('update hour_payments set amount_cents = amount_cents + 1 where payment_id = $1', [`${hour}-13`]);
    const { named } = await day.compare(['hour_payments']);
    await mended(`${hour}-12`, `${hour}-13`);
    // By buckets, and not as one sum first: that it differs is known.
    expect(reads.whole()).toBe(1);
    expect(named.map(({ paymentId, cause }) => [paymentId, cause]).sort()).toEqual([[`${hour}-12`, 'missing'], [`${hour}-13`, 'mutated']]);
  });

  test('and has another row in the place of one is told both', async () => {
    const [hour] = day.hours;
    await day.bench.asOwner("update hour_payments set payment_id = payment_id || '-planted' where payment_id = $1", [`${hour}-14`]);
    const { named } = await day.compare(['hour_payments']);
    await mended(`${hour}-14`);
    expect(named.map(({ paymentId, cause }) => [paymentId, cause]).sort()).toEqual([[`${hour}-14`, 'missing'], [`${hour}-14-planted`, 'extra']]);
  });

  test('is read whole where the note of that came here by a dump', async () => {
    const reads = hourReads();
    // A row that was copied carries the number of the transaction that copied it.
    await day.bench.asOwner('update ledger.compared_hours set noted_in = noted_in where landing_hour = $1', [hourStart(day.hours[1])]);
    expect((await day.compare(['hour_payments'])).named).toEqual([]);
    expect([reads.whole(), reads.looks()]).toEqual([1, 2]);
    expect((await day.compare(['hour_payments'])).named).toEqual([]);
    expect([reads.whole(), reads.looks()]).toEqual([1, 5]);
  });

  test('is not taken for right while what was written to it is not over', async () => {
    const [, , hour] = day.hours;
    const writing = new Client({ connectionString: day.bench.configuration.SLUICE_POSTGRES_OWNER_URL });
    await writing.connect();
    try {
      await writing.query('begin');
      // No sum says this.
      await writing.query("update hour_payments set merchant_id = 'm-other' where payment_id = $1", [`${hour}-30`]);
      // It sees nothing of that, and notes what it saw.
      expect((await day.compare(['hour_payments'])).named).toEqual([]);
      await writing.query('commit');
    } finally {
      await writing.end();
    }
    const { named } = await day.compare(['hour_payments']);
    await mended(`${hour}-30`);
    expect(named).toEqual([{ store: 'hour_payments', landingHour: hour, paymentId: `${hour}-30`, cause: 'mutated' }]);
  });
});

/** Every row up to now: a transaction that is open anywhere on the server holds back until when a comparison can note them. */
async function allNoted(hour: LandingHour): Promise<void> {
  expect((await day.compare(['hour_payments'])).named).toEqual([]);
  await day.bench.asOwner('update ledger.compared_hours set settled = pg_current_xact_id(), noted_in = pg_current_xact_id() where landing_hour = $1', [hourStart(hour)]);
}

/** hour_payments again as the lake has the rows: the only table besides it that a test may trust. */
async function mended(...paymentIds: readonly string[]): Promise<void> {
  await day.bench.asOwner("delete from hour_payments where payment_id like '%-planted' and landing_hour = $1", [hourStart(day.hours[0])]);
  for (const paymentId of paymentIds) {
    await day.bench.asOwner('delete from hour_payments where payment_id = $1', [paymentId]);
    await day.bench.asOwner(`insert into hour_payments
      select landing_hour, payment_id, created_at, case status when 'AUTHORIZED' then 2 end, row_hash, currency, status, amount_cents, dt, merchant_id
      from curated_payments where payment_id = $1`, [paymentId]);
  }
}
