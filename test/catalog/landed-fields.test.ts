import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { landedDrift } from '../../activities/landed-fields';
import { readConfiguration } from '../../contract/configuration';
import { openLake } from '../../stores/lake';

const lake = openLake({ ...readConfiguration(process.env), SLUICE_LAKE_BUCKET: `fields-${randomBytes(6).toString('hex')}` });
beforeAll(() => lake.ensureBucket());
afterEach(async () => lake.remove((await lake.list('')).map(({ key }) => key)));
afterAll(() => lake.close());

const GOOD = '{"payment_id":"p","merchant_id":"m","amount_cents":"12","currency":"EUR","status":"FAILED","created_at":"2026-11-20T10:00:00Z","risk_score":0.5,"user_id":null,"decline_reason":""}';
const { signal } = new AbortController();

async function driftOf(objects: Readonly<Record<string, string | Buffer>>): Promise<readonly unknown[]> {
  for (const [key, body] of Object.entries(objects)) await lake.put(key, body);
  return landedDrift(lake, await lake.list(''), signal);
}

test('good lines drift from nothing', async () => {
  expect(await driftOf({ 'a.json': `${GOOD}\n${GOOD}`, 'empty.json': '' })).toEqual([]);
});

test('an unknown field and another shape are told with the very line that first showed them, compressed or not', async () => {
  expect(await driftOf({
    'a.json': `\uFEFF${GOOD}\n\nno json\r\n{"payment_id":"p","device":"ios","created_at":1700000000}\n{"device":"web"}\n`,
    'b.json.gz': gzipSync(`{"device":"tv","user_id":{"id":1}}\n`),
  })).toEqual([
    { field: 'device', where: 'landed', problem: 'the contract does not know this field', firstSeen: 'a.json:4', count: 3 },
    { field: 'created_at', where: 'landed', problem: 'landed as number, the contract says string', firstSeen: 'a.json:4', count: 1 },
    { field: 'user_id', where: 'landed', problem: 'landed as object, the contract says string', firstSeen: 'b.json.gz:1', count: 1 },
  ]);
});

test('a field of a hostile name cannot steer the report: cut, its card number masked, and not more than a hundred', async () => {
  const drift = await driftOf({
    'a.json': `{"4111111111111111":1,"__proto__":2,"${'x'.repeat(5000)}":3}\n${Array.from({ length: 500 }, (_, i) => `{"f${i}":1}`).join('\n')}`,
  }) as readonly { readonly field: string }[];
  expect(drift).toHaveLength(100);
  expect(drift.map(({ field }) => field.length).every((length) => length <= 128)).toBe(true);
  expect(JSON.stringify(drift)).not.toContain('4111111111111111');
  expect(drift.map(({ field }) => field)).toContain('__proto__');
});

test('an object that is cut short is looked at as far as it goes', async () => {
  const whole = gzipSync(`{"device":1}\n${randomBytes(50_000).toString('hex')}`);
  expect(await driftOf({ 'cut.gz': whole.subarray(0, whole.length - 1000) })).toMatchObject([{ field: 'device', firstSeen: 'cut.gz:1' }]);
});

test('only the head of a large object is read, and its last half line is not judged', async () => {
  const filler = `${GOOD}\n`.repeat(Math.ceil(300_000 / GOOD.length));
  expect(await driftOf({ 'large.json': `${filler}{"late":1}` })).toEqual([]);
});

test('an object overwritten since the manifest makes the hour land again', async () => {
  await lake.put('a.json', GOOD);
  const manifest = await lake.list('');
  await lake.put('a.json', `${GOOD}\n`);
  await expect(landedDrift(lake, manifest, signal)).rejects.toMatchObject({ kind: 'manifest_stale' });
});
