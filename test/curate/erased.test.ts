import { readFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ErasureKey } from '../../contract/erasure';
import { HOUR, line, linesOf, UNHURRIED, Workbench } from './curating';

const KEY = new ErasureKey(Buffer.alloc(32, 7));
const U = 'user-1';
let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
});

afterAll(() => bench.close());

/** Lines of the person, in every shape in which one can be told to be theirs. */
const THEIRS: readonly string[] = [
  line({ payment_id: '"p-a"', user_id: `"${U}"` }),
  line({ payment_id: '"p-b"', user_id: '"\\u0075ser\\u002d1"' }),
  line({ payment_id: '"p-c"', user_id: `"${U}"`, amount_cents: '"12.50"' }),
  `{"payment_id":"p-d","user_id":"${U}"`,
  `{"payment_id":"p-e","user_id":"someone","user_id":"${U}"}`,
  `{"payment_id":"p-f","us\\u0065r_id":"${U}","amount_cents":5}`,
  `{"payment_id":"p-g","user_id":"${U}","note":"${'x'.repeat(1024 * 1024)}"}`,
];

/** Of others, though the id stands in some of them, or begins theirs. */
const OTHERS: readonly string[] = [
  line({ payment_id: '"q-a"', user_id: '"user-12"' }),
  line({ payment_id: '"q-b"', user_id: '"user-2"', decline_reason: `"${U}"` }),
  line({ payment_id: '"q-c"', user_id: undefined }),
  line({ payment_id: '"q-d"', user_id: '"a\\\\user-1"' }),
  '{"payment_id":"q-e","user_id":"user-12"',
  '',
];

function suppression(...users: readonly string[]) {
  const { inner, outer } = KEY.pads();
  return { tokens: users.map((user) => KEY.token(user)), keyId: KEY.id, innerPad: inner, outerPad: outer };
}

test('a suppressed person’s lines, good, refused or broken, are counted erased and leave no row and no dead letter', async () => {
  const { outcome, letters, rows } = await bench.curate({ 'a.json': linesOf([...OTHERS, ...THEIRS]) }, 1, UNHURRIED, suppression(U, 'nobody'));
  expect(outcome.counts).toMatchObject({ lines: 13, blank: 1, erased: 7, dead: 1, curated: 4, duplicates: 0 });
  expect(rows.map((row) => row.payment_id).sort()).toEqual(['q-a', 'q-b', 'q-c', 'q-d']);
  expect(letters).toHaveLength(1);
  const other = await bench.curate({ 'a.json': linesOf(OTHERS) });
  expect(outcome.counts.sums).toEqual(other.outcome.counts.sums);
});

test('a number as a user id is erased as it is written', async () => {
  const lines = [line({ payment_id: '"p-1"', user_id: '1.50' }), line({ payment_id: '"p-2"', user_id: '1.5' })];
  const { rows } = await bench.curate({ 'a.json': linesOf(lines) }, 1, UNHURRIED, suppression('1.50'));
  expect(rows.map((row) => row.payment_id)).toEqual(['p-2']);
});

test.each([
  ['plain', (bytes: Buffer) => bytes, (bytes: Buffer) => bytes],
  ['gzip', (bytes: Buffer) => gzipSync(bytes), (bytes: Buffer) => gunzipSync(bytes)],
])('%s: their lines become spaces of the same length, and every other byte stays', async (_name, packed, unpacked) => {
  const before = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), linesOf([...THEIRS, ...OTHERS].flatMap((text, i) => (i % 2 === 0 ? [text] : [`${text}\r`])))]);
  const [object] = await bench.objects({ 'a.json': packed(before) });
  const out = bench.next('erased');
  const [erased] = await bench.engine.erase({ userId: U, objects: [{ path: object!.path, out }] }, UNHURRIED);
  expect(erased).toEqual({ lines: 7, mentions: 2, unreadable: null, amounts: [{ currency: 'EUR', count: 2, amountCents: '2500' }] });
  const after = unpacked(await readFile(out));
  expect(after).toHaveLength(before.length);
  const texts = (bytes: Buffer) => bytes.toString('utf8').slice(1).split('\n');
  texts(before).forEach((text, i) => {
    const theirs = THEIRS.includes(text.replace('\r', ''));
    expect(texts(after)[i]).toBe(theirs ? text.replace(/[^\r]/g, ' ') : text);
  });
  const counted = await bench.curate({ 'a.json': { bytes: unpacked(await readFile(out)), erased: { lines: 7, amounts: [] } } }, 1, UNHURRIED, suppression(U));
  expect(counted.outcome.counts).toMatchObject({ lines: 13, blank: 1, erased: 7, dead: 1, curated: 4 });
});

test('an object that cannot be read to its end is told, not passed over', async () => {
  const [object] = await bench.objects({ 'a.json.gz': gzipSync(linesOf(THEIRS)).subarray(0, 200) });
  const [erased] = await bench.engine.erase({ userId: U, objects: [{ path: object!.path, out: bench.next('erased') }] }, UNHURRIED);
  expect(erased).toMatchObject({ lines: 0, unreadable: expect.stringContaining('gzip') });
});

test('a person’s rows are counted by file', async () => {
  const { files } = await bench.curate({ 'a.json': linesOf([...THEIRS, ...OTHERS]) });
  const other = await bench.curate({ 'a.json': linesOf(OTHERS) });
  expect(await bench.engine.find({ userId: U, files: [...files, ...other.files] }, UNHURRIED)).toEqual([[{ landingHour: HOUR, rows: 2 }], []]);
});
