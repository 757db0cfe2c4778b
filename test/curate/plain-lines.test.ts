/** What the reader takes for plain is good, and its canonical text is the contract's: held against a second reading of the contract. */
import { isUtf8 } from 'node:buffer';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash60 } from '../../contract/md5';
import { RAW_FIELDS, type Reason } from '../../contract/payment';
import { Block } from '../../engines/duckdb/lines/block';
import { judgeBlock } from '../../engines/duckdb/judge-block';
import { Lane } from '../../engines/duckdb/lane';
import { NumberedObject } from '../../engines/duckdb/lines/line-batch';
import { LineReader } from '../../engines/duckdb/lines/line-reader';
import { PLAIN_FIELDS } from '../../engines/duckdb/lines/compiled-reader';
import { GroupedTexts } from '../../engines/duckdb/lines/grouped-texts';
import { MARK_BYTES, PaymentMarks } from '../../engines/duckdb/lines/payment-marks';
import { PlainLines, type PlainListener } from '../../engines/duckdb/lines/plain-lines';
import { Random } from '../../scripts/generate/random';
import { GOOD, HOUR, line, linesOf } from './curating';
import { damagedLine, NAMES, VALUES } from './damaged-lines';
import { canonicalOf, verdictOf } from './oracle';

const LF = 0x0a;
/** A mark, a hash and a canonical text. */
const PLACED = /^[0-9A-Za-z_-]{8}\|([0-9]{19})\|(.*)$/s;
/** To whom nothing matters but the texts. */
const LISTENER: PlainListener = { suspect: () => undefined, unknownName: () => undefined, checked: () => undefined };
const reader = new PlainLines({ landingHour: HOUR, groups: 1, buckets: 1, textsPath: () => '', marksPath: () => '', isErased: null });

/** The canonical text; null where the line is not plain. */
function taken(text: string | Buffer, suspect: (line: string) => void = () => undefined): string | null {
  const bytes = Buffer.concat([Buffer.from(text as string), Buffer.from([LF])]);
  const { texts, marks } = reader;
  let found: string | null = null;
  let hashes: readonly bigint[] = [];
  const lines = reader.read(bytes, { knownUtf8: isUtf8(bytes), countsSent: false }, {
    ...LISTENER, suspect,
    checked: (_start, _end, _line, hash) => { hashes = [hash]; },
  }, () => bytes.length);
  expect(lines).toBe(1);
  const file = texts.at(0);
  if (file.size > 0) {
    expect([file.bytes[file.size - 1], marks.at(0).size]).toEqual([LF, MARK_BYTES - 1]);
    const [, hash, canonical] = PLACED.exec(file.bytes.toString('utf8', 0, file.size - 1))!;
    expect(BigInt(hash!)).toBe(hash60(canonical!));
    found = canonical!;
  } else if (hashes.length > 0) {
    // One in a thousand is written nowhere, and has only its hash.
    found = due(text);
    expect(hashes).toEqual([hash60(found!)]);
  }
  for (const files of [texts, marks]) files.cutTo([0]);
  return found;
}

/** What the contract makes of the line; null where it refuses it. */
function due(text: string | Buffer): string | null {
  const bytes = Buffer.from(text as string);
  const verdict = verdictOf(bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes, HOUR);
  return verdict.kind === 'good' ? canonicalOf(verdict.row) : null;
}

/** Of so many lines how many were plain; each of those as the contract has it. */
function plainOf(lines: readonly (string | Buffer)[]): number {
  let plain = 0;
  for (const text of lines) {
    if (Buffer.from(text as string).includes(LF)) continue;
    const canonical = taken(text);
    if (canonical === null) continue;
    plain += 1;
    expect({ line: text.toString(), canonical }).toEqual({ line: text.toString(), canonical: due(text) });
  }
  return plain;
}

test('no field of the contract is an unknown name to it', () => {
  expect([...PLAIN_FIELDS].sort()).toEqual([...RAW_FIELDS].sort());
});

test('of damaged lines', () => {
  const random = new Random(7, 0);
  expect(plainOf(Array.from({ length: 40_000 }, (_, i) => damagedLine(random, i)))).toBeGreaterThan(900);
});

test('of each value in each field, alone', () => {
  const lines = Object.keys(GOOD).flatMap((name) => VALUES.map((value) => line({ [name]: value })));
  expect(plainOf(lines)).toBeGreaterThan(lines.length / 10);
});

test('of each name that is not known, and of two of them', () => {
  const lines = NAMES.flatMap((name) => [...VALUES.map((value) => line({ [name]: value })), ...NAMES.map((other) => `${line().slice(0, -1)},"${name}":1,"${other}":null}`)]);
  expect(plainOf(lines)).toBeGreaterThan(100);
});

test('of instants and scores of every length', () => {
  const random = new Random(8, 0);
  const digits = (count: number): string => Array.from({ length: count }, () => random.whole(10)).join('');
  const lines = Array.from({ length: 40_000 }, () => {
    const fraction = random.whole(11);
    const zone = random.pick(['Z', '', '+00:00', '+05:30', '-12:00', '+14:00', '+14:01', `${random.pick(['+', '-'])}${digits(2)}:${digits(2)}`]);
    const instant = `${random.pick(['2026', '2000', '1999', '2100', '2101', digits(4)])}-${random.pick(['11', '02', digits(2)])}-${random.pick(['20', '29', '31', digits(2)])}${random.pick(['T', ' '])}`
      + `${random.pick(['10', digits(2)])}:${random.pick(['00', '59', digits(2)])}:${random.pick(['00', '59', digits(2)])}${fraction === 0 ? '' : `.${digits(fraction)}`}${zone}`;
    const score = `${random.pick(['', '0', digits(1 + random.whole(8))])}${random.pick(['', '.', `.${digits(1 + random.whole(16))}`])}`;
    return line({ [random.pick(['authorized_at', 'completed_at', 'created_at'])]: JSON.stringify(instant), risk_score: random.pick([score || '1', JSON.stringify(score)]) });
  });
  expect(plainOf(lines)).toBeGreaterThan(800);
});

// Each that is not plain costs as much as five: these are what producers write.
test.each([
  ['as JSON.stringify writes them', line()],
  ['as json.dumps writes them', line().replaceAll('":', '": ').replaceAll(',"', ', "')],
  ['with the fields in another order', `{${Object.entries(GOOD).reverse().map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`],
  ['that end with CR and LF', `${line()}\r`],
  ['with what may be missing left out', line({ user_id: undefined, payment_method: undefined, risk_score: undefined, authorized_at: undefined, completed_at: undefined, source_system: undefined, decline_reason: undefined })],
  ['with it null or empty', line({ user_id: 'null', payment_method: '""', risk_score: 'null', authorized_at: '""', completed_at: 'null', source_system: '""' })],
  ['with names that are not known', line({ client_version: '"4.12"', retries: '3', test: 'false', ratio: '-0.5', note: 'null' })],
  ['with letters of other languages', line({ user_id: '"zoë-李"', decline_reason: '"solde épuisé"' })],
  ['with numbers in quotes', line({ amount_cents: '"1250"', risk_score: '"12.5"' })],
  ['with an offset, and with no zone', line({ created_at: '"2026-11-20T11:00:00.123456+01:00"', authorized_at: '"2026-11-20 10:00:00"' })],
  ['with ids that are UUIDs', line({ payment_id: '"3f2504e0-4f89-41d3-9a0c-0305e82c3301"' })],
])('lines %s are plain', (_what, text) => {
  expect(taken(text)).toBe(due(text));
  expect(due(text)).not.toBeNull();
});

test('what may be a card number, in each text and each unknown name', () => {
  let found = 0;
  for (let n = 0; n < 20_000; n += 1) {
    const random = new Random(5, n);
    const text = `x${Array.from({ length: 4 + random.whole(20) }, () => random.pick(['1', '23', '4567', '890123', ' ', '-', '  ', 'a', 'ü'])).join('')}`;
    const where = random.pick(['user_id', 'payment_method', 'source_system', 'decline_reason', 'note', text]);
    let suspects = 0;
    expect(taken(line({ [where]: where === text ? '1' : JSON.stringify(text) }), () => { suspects += 1; })).not.toBeNull();
    const expected = /[0-9](?:[ -]?[0-9]){12}/.test(text) ? 1 : 0;
    expect({ text, where, suspects }).toEqual({ text, where, suspects: expected });
    found += expected;
  }
  expect(found).toBeGreaterThan(2_000);
});

test('of more lines than there is room for at once, as of each alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-plain-'));
  const files = new PlainLines({ landingHour: HOUR, groups: 2, buckets: 2, textsPath: (n) => join(folder, `t${n}`), marksPath: (n) => join(folder, `m${n}`), isErased: null });
  const lines = Array.from({ length: 12_000 }, (_, i) => line(i % 7 === 0 ? { amount_cents: '-1' } : { payment_id: `"p-${i}"`, merchant_id: `"merchant-${i % 5}"`, decline_reason: `"${'x'.repeat((i * 31) % 256)}"` }));
  const bytes = linesOf(lines);
  expect(bytes.length).toBeGreaterThan(4 * 1024 * 1024);
  const others: number[] = [];
  const checked: number[] = [];
  const counted = files.read(bytes, { knownUtf8: true, countsSent: false }, {
    ...LISTENER, checked: (start, end, n) => {
      checked.push(n);
      expect(bytes.toString('utf8', start, end - 1)).toBe(lines[n]);
    },
  }, (start, n) => {
    others.push(n);
    expect(bytes.toString('utf8', start, start + lines[n]!.length + 1)).toBe(`${lines[n]}\n`);
    return start + lines[n]!.length + 1;
  });
  expect(counted).toBe(12_000);
  expect(others).toEqual(lines.flatMap((_, n) => (n % 7 === 0 ? [n] : [])));
  expect(checked.length).toBeGreaterThan(8);
  const kept = 12_000 - others.length - checked.length;
  const [texts, marks] = [files.texts.close(), files.marks.close()];
  expect(marks.reduce((sum, file) => sum + file!.bytes, 0)).toBe(kept * (MARK_BYTES - 1));
  // Those too whose hash was not made yet when the texts before them filled the place.
  const written = (await Promise.all(texts.map(async (file) => readFile(file!.path, 'utf8')))).flatMap((text) => text.split('\n').slice(0, -1));
  expect(written).toHaveLength(kept);
  for (const text of written) {
    const [, hash, canonical] = PLACED.exec(text)!;
    expect([text, BigInt(hash!)]).toEqual([text, hash60(canonical!)]);
  }
  await rm(folder, { recursive: true });
});

test('lines without an end are refused: what was there before would be taken for it', () => {
  expect(() => reader.read(Buffer.from(line()), { knownUtf8: true, countsSent: false }, LISTENER, () => 0)).toThrow('lines must end with a line feed');
});

test('a payment has one mark and a merchant one group, whether their line is plain or not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-plain-'));
  const plain = new PlainLines({ landingHour: HOUR, groups: 5, buckets: 3, textsPath: () => '', marksPath: () => '', isErased: null });
  const [marks, texts] = [new PaymentMarks(folder, 'others', 3), new GroupedTexts(folder, 'settled', 5)];
  const mark = Buffer.alloc(MARK_BYTES);
  for (let i = 0; i < 500; i += 1) {
    const [payment, merchant] = [`p${'x-:_.9'.repeat(i % 21)}${i}`, `m@${i}${'Z'.repeat(i % 30)}`];
    plain.read(linesOf([line({ payment_id: `"${payment}"`, merchant_id: `"${merchant}"` })]), { knownUtf8: true, countsSent: false }, LISTENER, () => { throw new Error('it is plain'); });
    const [paymentId, merchantId] = [Buffer.from(payment), Buffer.from(merchant)];
    marks.put(paymentId, 0, paymentId.length, mark, 0);
    const group = texts.of(merchantId, 0, merchantId.length);
    group.endAt(group.room(1) + 1);
    expect([plain.marks.sizes(), plain.texts.sizes().map((size) => size > 0)]).toEqual([marks.files.sizes(), texts.files.sizes().map((size) => size > 0)]);
    for (let bucket = 0; bucket < 3; bucket += 1) {
      const [there, here] = [plain.marks.at(bucket), marks.files.at(bucket)];
      expect(there.bytes.toString('latin1', 0, there.size)).toBe(here.bytes.toString('latin1', 0, here.size));
    }
    plain.texts.cutTo([0, 0, 0, 0, 0]);
    texts.files.cutTo([0, 0, 0, 0, 0]);
  }
  await rm(folder, { recursive: true });
});

describe('of lines that go both ways', () => {
  let folder: string;
  let lane: Lane;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-plain-'));
    lane = await Lane.open({ memory: 200_000_000, threads: 1, tempFolder: folder });
  });
  afterAll(async () => {
    lane.close();
    await rm(folder, { recursive: true });
  });

  /** 1,100 lines: one of them is checked, as the `change`d reading has it. */
  async function judged(change: (hash: bigint) => bigint): Promise<{ readonly others: number; readonly refused: readonly (readonly Reason[])[] }> {
    const bytes = linesOf(Array.from({ length: 1_100 }, (_, i) => line({ payment_id: JSON.stringify(`p-${i}`), amount_cents: String(i) })));
    const setup = { landingHour: HOUR, folder, name: 'test', groups: 1, buckets: 1, suppression: null };
    const reading = new LineReader(setup).read({ bytes, runs: [{ start: 0, end: bytes.length, ended: true }], doubtful: -1, countSent: false });
    const block = new Block();
    const of = new NumberedObject({ key: 'an/object', version: 'v', path: '' });
    block.add([{ kind: 'lines', of, offset: 0 }], { ...reading, others: reading.others.map((other) => ({ ...other, hash: change(other.hash!) })) });
    await lane.run('drop table if exists judged');
    const { refused } = await judgeBlock(lane, { landingHour: HOUR, runs: { next: () => 0 }, marks: new PaymentMarks(folder, 'others', 1), prepared: new WeakSet<Lane>(), suppression: null }, block, -1, false);
    expect(await lane.count('judged')).toBe(1);
    return { others: block.otherLines, refused: refused.map(({ reasons }) => reasons) };
  }

  test('both say the same', async () => {
    expect(await judged((hash) => hash)).toEqual({ others: 1, refused: [] });
  });

  test('in batches of any size', () => {
    const reading = new LineReader({ landingHour: HOUR, folder, name: 'small', groups: 1, buckets: 1, suppression: null });
    const bytes = linesOf(Array.from({ length: 100 }, (_, i) => line({ payment_id: JSON.stringify(`p-${i}`) })));
    const batches = Array.from({ length: 21 }, () => reading.read({ bytes, runs: [{ start: 0, end: bytes.length, ended: true }], doubtful: -1, countSent: false }));
    expect(batches.flatMap(({ others }, i) => others.map((other) => i * 100 + other.line))).toEqual([1023, 2047]);
  });

  test('a line that is not UTF-8, wherever it is not, keeps no other line from being plain', () => {
    const broken = (text: string): Buffer => Buffer.from(text.replace('é', '\u00ff'), 'latin1');
    const good = line({ user_id: '"zoë-李"', decline_reason: '"solde épuisé"' });
    const bytes = linesOf([good, broken(line({ user_id: '"zoé"' })), good, broken(line({ né: '1' })), broken(line({ note: '"é"' })), line(), good]);
    const reading = new LineReader({ landingHour: HOUR, folder, name: 'broken', groups: 1, buckets: 1, suppression: null });
    const { others } = reading.read({ bytes, runs: [{ start: 0, end: bytes.length, ended: true }], doubtful: -1, countSent: false });
    expect(others.map((other) => [other.line, other.refused])).toEqual([1, 3, 4].map((n) => [n, true]));
  });

  test('a reader that says something else is found', async () => {
    await expect(judged((hash) => hash + 1n)).rejects.toThrow('a line was read in two ways that do not agree (an/object:1024). Nothing was committed.');
  });
});
