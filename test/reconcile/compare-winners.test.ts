/** curated_payments are held against what all hours say; each fault is named by its key and cause, and nothing else is. */
import { hourStart } from '../../contract/landing-hour';
import type { Cause } from '../../contract/reconciliation';
import { ComparedDay } from './compared-day';

let day: ComparedDay;
/** Other tests have rows in the same tables. */
const KEPT = `public.kept_winners_${process.pid}`;

beforeAll(async () => {
  day = await ComparedDay.open();
  await day.bench.asOwner(`create table ${KEPT} as select * from curated_payments where landing_hour >= '${day.date}' and landing_hour < date '${day.date}' + 1`);
  expect((await day.compare(['hour_payments', 'curated_payments'])).named).toEqual([]);
});

afterAll(async () => {
  await day.bench.asOwner(`drop table if exists ${KEPT}`);
  await day.close();
});

/** `$1` is the key; each fault has a payment of its own. */
const FAULTS: readonly { readonly what: string; readonly statement: string; readonly cause: Cause; readonly flaws?: string; readonly key?: string }[] = [
  { what: 'deleted', statement: 'delete from curated_payments where payment_id = $1', cause: 'missing' },
  { what: 'changed by one cent', statement: 'update curated_payments set amount_cents = amount_cents + 1 where payment_id = $1', cause: 'mutated', flaws: 'row_hash' },
  { what: 'aged', statement: "update curated_payments set created_at = created_at - interval '1 second' where payment_id = $1", cause: 'stale', flaws: 'row_hash' },
  { what: 'given to another user', statement: "update curated_payments set user_id = 'a|b%~' where payment_id = $1", cause: 'mutated', flaws: 'row_hash' },
  { what: 'given a score that is none', statement: "update curated_payments set risk_score = 'NaN' where payment_id = $1", cause: 'mutated', flaws: 'row_hash' },
  { what: 'given another hash', statement: 'update curated_payments set row_hash = 1 where payment_id = $1', cause: 'mutated', flaws: 'row_hash' },
  { what: 'put into another day', statement: 'update curated_payments set dt = dt + 1 where payment_id = $1', cause: 'mutated', flaws: 'dt' },
  { what: 'put into another hour of the day', statement: 'update curated_payments set hour = 23 where payment_id = $1', cause: 'mutated', flaws: 'hour' },
  { what: 'called approved', statement: 'update curated_payments set is_approved = true where payment_id = $1', cause: 'mutated', flaws: 'is_approved' },
  { what: 'given a latency', statement: 'update curated_payments set authorized_to_complete_ms = 5 where payment_id = $1', cause: 'mutated', flaws: 'authorized_to_complete_ms' },
  { what: 'said to be of a revision that was never loaded', statement: 'update curated_payments set curated_version = 7 where payment_id = $1', cause: 'mutated', flaws: 'curated_version' },
  { what: 'said to be processed earlier', statement: "update curated_payments set processed_at = processed_at - interval '1 hour' where payment_id = $1", cause: 'mutated', flaws: 'processed_at' },
  {
    what: 'added', cause: 'extra', key: '-planted', flaws: 'row_hash',
    statement: `insert into curated_payments select $1 || '-planted', merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at,
      completed_at, created_at, source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at, curated_version,
      landing_hour, row_hash from curated_payments where payment_id = $1`,
  },
];

test('winners that were changed in every way there is are named, and nothing else', async () => {
  const [hour] = day.hours;
  const victims = FAULTS.map((_fault, i) => `${hour}-${20 + i}`);
  for (const [i, { statement }] of FAULTS.entries()) await day.bench.asOwner(statement, [victims[i]]);
  const { differences } = await day.compare();
  await mended();
  const found = Object.fromEntries(differences.map(({ store, landingHour, paymentId, cause, where }) => [paymentId, { store, landingHour, cause, where }]));
  expect(found).toEqual(Object.fromEntries(FAULTS.map(({ key, cause, flaws }, i) => [`${victims[i]}${key ?? ''}`, {
    store: 'curated_payments', landingHour: hour, cause, where: flaws === undefined ? null : `(${flaws})`,
  }])));
  expect(differences).toHaveLength(FAULTS.length);
});

describe('winners of hours that were all right when they were last compared', () => {
  /** Behind Postgres' back: as if nobody had written the row since. */
  const hidden = async (paymentId: string): Promise<void> => {
    await day.bench.asOwner("update curated_payments set user_id = 'u-other' where payment_id = $1", [paymentId]);
    await day.bench.asOwner('update ledger.compared_winners set settled = pg_current_xact_id(), noted_in = pg_current_xact_id() where landing_hour = any($1)', [day.hours.map(hourStart)]);
  };
  beforeEach(async () => {
    expect((await day.compare(['hour_payments', 'curated_payments'])).named).toEqual([]);
  });

  test('have no hash made anew, unless the comparison is deep', async () => {
    const paymentId = `${day.hours[0]}-50`;
    await hidden(paymentId);
    const quick = await day.compare(['hour_payments', 'curated_payments']);
    const deep = await day.compare(['hour_payments', 'curated_payments'], { deep: true });
    await mended();
    expect(quick.named).toEqual([]);
    expect(deep.named).toEqual([{ store: 'curated_payments', landingHour: day.hours[0], paymentId, cause: 'mutated' }]);
  });

  test.each([
    ['came here by a dump', 'update ledger.compared_winners set noted_in = noted_in where landing_hour = $1'],
    ['is of another cluster, whose transactions are further', "update ledger.compared_winners set settled = '9000000000', noted_in = pg_current_xact_id() where landing_hour = $1"],
    ['is gone', 'delete from ledger.compared_winners where landing_hour = $1'],
  ])('are all hashed where the note of one of the hours %s', async (_what, statement) => {
    const paymentId = `${day.hours[0]}-51`;
    await hidden(paymentId);
    await day.bench.asOwner(statement, [hourStart(day.hours[1])]);
    const { named } = await day.compare(['hour_payments', 'curated_payments']);
    await mended();
    expect(named).toEqual([{ store: 'curated_payments', landingHour: day.hours[0], paymentId, cause: 'mutated' }]);
  });

  test('are noted as right by no comparison that found one that is not', async () => {
    const [wrong, later] = [`${day.hours[0]}-52`, `${day.hours[1]}-52`];
    await day.bench.asOwner("update curated_payments set user_id = 'u-other' where payment_id = any($1)", [[wrong, later]]);
    const names = async (): Promise<readonly string[]> => (await day.compare(['hour_payments', 'curated_payments'])).named.map(({ paymentId }) => paymentId).sort();
    const [first, second] = [await names(), await names()];
    await mended();
    expect([first, second]).toEqual([[wrong, later], [wrong, later]]);
  });
});

test('a winner that should have given way to another hour’s row is stale in the hour that should have won', async () => {
  const [first, second] = day.hours;
  await day.bench.asOwner(`update curated_payments c set landing_hour = h.landing_hour, created_at = h.created_at, status = h.status, row_hash = h.row_hash,
    dt = h.dt, curated_version = 1, processed_at = r.processed_at
    from hour_payments h join ledger.revisions r on r.landing_hour = h.landing_hour and r.revision = 1
    where h.payment_id = c.payment_id and h.landing_hour = $1 and c.payment_id = $2`, [hourStart(first), day.told]);
  const { named } = await day.compare();
  await mended();
  expect(named).toEqual([{ store: 'curated_payments', landingHour: second, paymentId: day.told, cause: 'stale' }]);
});

test('a row lost from hour_payments and its winner lost too are both named, each where it is missing', async () => {
  const [hour, second] = day.hours;
  const [both, onlyHour] = [`${hour}-41`, `${hour}-42`];
  await day.bench.asOwner('delete from hour_payments where payment_id = any($1)', [[both, onlyHour]]);
  await day.bench.asOwner('delete from curated_payments where payment_id = $1', [both]);
  // The winner's own row is gone from its hour: the other hour's is not to be taken for the winner.
  await day.bench.asOwner('delete from hour_payments where payment_id = $1 and landing_hour = $2', [day.told, hourStart(second)]);
  const { named } = await day.compare();
  await mended();
  await day.bench.asOwner(`insert into hour_payments select landing_hour, payment_id, created_at, array_position($2::text[], status), row_hash, currency, status,
    amount_cents, dt, merchant_id from curated_payments where payment_id = any($1)`, [[both, onlyHour, day.told], ['PENDING', 'AUTHORIZED', 'APPROVED', 'CAPTURED']]);
  expect(named.map(({ store, landingHour, paymentId, cause }) => `${store} ${landingHour} ${paymentId} ${cause}`).sort()).toEqual([
    `curated_payments ${hour} ${both} missing`, `hour_payments ${hour} ${both} missing`, `hour_payments ${hour} ${onlyHour} missing`,
    `hour_payments ${second} ${day.told} missing`,
  ]);
  expect((await day.compare()).named).toEqual([]);
});

test('a row of the day that says it is of an hour nobody ever ran is extra', async () => {
  await day.bench.asOwner(`insert into curated_payments select $1 || '-stranger', merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score,
    authorized_at, completed_at, created_at, source_system, decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at,
    curated_version, landing_hour + interval '9 hours', row_hash from curated_payments where payment_id = $1`, [`${day.hours[0]}-11`]);
  const { named } = await day.compare();
  await mended();
  expect(named).toEqual([{ store: 'curated_payments', landingHour: `${day.date}T17`, paymentId: `${day.hours[0]}-11-stranger`, cause: 'extra' }]);
});

async function mended(): Promise<void> {
  await day.bench.asOwner('delete from curated_payments where landing_hour >= $1 and landing_hour < $1::timestamptz + interval \'1 day\'', [`${day.date}T00:00:00Z`]);
  await day.bench.asOwner(`insert into curated_payments select * from ${KEPT}`);
}
