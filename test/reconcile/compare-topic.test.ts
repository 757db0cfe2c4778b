/** The topic is held against what was published; each fault is named by its key and cause, and nothing else is. */
import { rowHashOf } from '../../contract/compared-rows';
import { encodeCurated } from '../../contract/curated-record';
import { ComparedDay } from './compared-day';
import { Stranger } from './stranger';

let day: ComparedDay;
let stranger: Stranger;

beforeEach(async () => {
  day = await ComparedDay.open();
  stranger = new Stranger(day);
});

afterEach(() => day.close());

test('what a foreign producer sends under a run’s headers is named, each record by what it is, and nothing else', async () => {
  const [first, second, third] = day.hours;
  const twice = await stranger.row(first, `${first}-11`);
  const cent = { ...await stranger.row(first, `${first}-12`), amount_cents: 13n };
  const aged = await stranger.row(second, `${second}-13`);
  const added = { ...await stranger.row(second, `${second}-14`), payment_id: 'planted' };
  const corrected = await stranger.row(third, `${third}-1`);
  await stranger.send(first, [twice, { ...cent, row_hash: rowHashOf(cent) }], 1);
  const older = { ...aged, created_at: aged.created_at - 1n };
  await stranger.send(second, [{ ...older, row_hash: rowHashOf(older) }, { ...added, row_hash: rowHashOf(added) }], 1);
  // What the first revision said of a payment, sent again after the second has corrected it.
  await stranger.send(third, [{ ...corrected, amount_cents: 1n, row_hash: rowHashOf({ ...corrected, amount_cents: 1n }), curated_version: 1 }], 1);
  await stranger.raw(first, `${first}-15`, Buffer.from('no record at all'));
  const { named, differences, comparisons } = await day.compare();
  expect(named.map(({ landingHour, paymentId, cause, store }) => `${store} ${landingHour} ${paymentId} ${cause}`).sort()).toEqual([
    `topic ${first} ${first}-11 duplicate`, `topic ${first} ${first}-12 mutated`, `topic ${first} ${first}-15 mutated`,
    `topic ${second} ${second}-13 stale`, `topic ${second} planted extra`, `topic ${third} ${third}-1 mutated`,
  ].sort());
  expect(differences.every(({ where }) => /^\d@\d+/.test(where!))).toBe(true);
  const topic = comparisons.find(({ store }) => store === 'topic')!;
  expect(topic.bucketsDescended).toBeLessThanOrEqual(6);
  // Everything published anew is the end of it: what was sent before does not count any more.
  for (const hour of day.hours) await day.run(hour, 'all');
  expect((await day.compare(['topic'])).named).toEqual([]);
});

test('part of a cent is no amount: the record that says so is named, and so is what lies beside it', async () => {
  const [first] = day.hours;
  const [parted, added] = [await stranger.row(first, `${first}-11`), { ...await stranger.row(first, `${first}-12`), payment_id: 'planted' }];
  const text = encodeCurated('json', parted).toString().replace(/"amount_cents":"\d+"/, '"amount_cents":1.5');
  expect(text).toContain('1.5');
  await stranger.raw(first, parted.payment_id, Buffer.from(text));
  await stranger.send(first, [{ ...added, row_hash: rowHashOf(added) }], 1);
  const { named } = await day.compare(['topic']);
  expect(named.map(({ paymentId, cause }) => `${paymentId} ${cause}`).sort()).toEqual([`${first}-11 mutated`, 'planted extra'].sort());
});

test('records that were deleted within the retention are missing; past it the hour is not compared', async () => {
  const [first, second, third] = day.hours;
  const cut = (await stranger.ranges(first)).find(({ from, to }) => BigInt(to) > BigInt(from))!;
  const gone = [...(await stranger.published(first, cut.partition)).keys()];
  await stranger.deleteUpTo(cut.partition, cut.to);
  const { named } = await day.compare();
  expect(gone.length).toBeGreaterThan(5);
  expect(named.map(({ store, landingHour, paymentId, cause }) => `${store} ${landingHour} ${paymentId} ${cause}`).sort())
    .toEqual(gone.map((key) => `topic ${first} ${key} missing`).sort());
  await day.bench.asOwner("update ledger.revisions set published_at = published_at - interval '1 year' where landing_hour >= $1 and landing_hour < $1::timestamptz + interval '1 day'", [`${day.date}T00:00:00Z`]);
  const { comparisons } = await day.compare(['topic']);
  expect(comparisons[0]).toMatchObject({ hours: [], notCompared: [{ landingHour: first, why: expect.stringContaining('past the topic’s retention') as string }] });
  expect([second, third].every((hour) => !comparisons[0]!.notCompared.some(({ landingHour }) => landingHour === hour))).toBe(true);
});

test('a run that has published and was not loaded yet is not judged', async () => {
  const [first] = day.hours;
  await day.bench.asOwner("insert into ledger.revisions select landing_hour, 2, 'published', 1, processed_at, manifest_key, 'x', 'x', 1, 'changed', 1, 1, 'manual', 'test', 'w', 'r', 1, 't' from ledger.revisions where landing_hour = $1 and revision = 1", [`${first}:00:00Z`]);
  const { comparisons } = await day.compare(['topic']);
  expect(comparisons[0]).toMatchObject({ hours: [], notCompared: [{ landingHour: first, why: expect.stringContaining('under way') as string }] });
});
