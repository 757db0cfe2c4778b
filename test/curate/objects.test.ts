/** Objects as they land: compressed, cut, empty, with lines of every ending and of any length. */
import { createHash, randomFillSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Random } from '../../scripts/generate/random';
import { HOUR, line, linesOf, Workbench } from './curating';
import { verdictOf } from './oracle';
import { COMPRESSED, SKIPPED, storedFrame } from './zstd-frames';

const KIB = 1024;
const MIB = KIB * KIB;
let bench: Workbench;
beforeAll(async () => { bench = await Workbench.open(); });
afterAll(async () => bench.close());

const payment = (id: string): string => line({ payment_id: JSON.stringify(id) });
const many = (prefix: string, count: number): Buffer => linesOf(Array.from({ length: count }, (_, i) => payment(`${prefix}${i}`)));
const LINES = many('p', 2000);

describe('how an object is packed', () => {
  test.each([
    ['plain', LINES],
    ['gzip', gzipSync(LINES)],
    ['gzip of several members', Buffer.concat([gzipSync(LINES.subarray(0, 1000)), gzipSync(Buffer.alloc(0)), gzipSync(LINES.subarray(1000))])],
    ['gzip padded with zeros', Buffer.concat([gzipSync(LINES), Buffer.alloc(700)])],
    ['zstd', COMPRESSED],
    ['zstd of several frames, one without a checksum', async () => Buffer.concat([
      await storedFrame(LINES.subarray(0, 1000)), SKIPPED, await storedFrame(LINES.subarray(1000, 1007), false), await storedFrame(Buffer.alloc(0)), await storedFrame(LINES.subarray(1007)),
    ])],
    ['zstd that begins with a frame to skip', Buffer.concat([SKIPPED, COMPRESSED])],
  ])('%s: all its lines are read', async (_name, bytes: Buffer | (() => Promise<Buffer>)) => {
    const { outcome, rows } = await bench.curate({ object: Buffer.isBuffer(bytes) ? bytes : await bytes() });
    expect(outcome.counts).toMatchObject({ quarantined: [], dead: 0, lines: 2000, curated: 2000 });
    expect(new Set(rows.map((row) => row.payment_id))).toEqual(new Set(Array.from({ length: 2000 }, (_, i) => `p${i}`)));
  });

  const flipped = (bytes: Buffer, at: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at]! ^= 0x10;
    return copy;
  };
  test.each([
    ['gzip cut in the middle', gzipSync(LINES).subarray(0, -20)],
    ['gzip cut before its checksum', gzipSync(LINES).subarray(0, -8)],
    ['gzip of two bytes', Buffer.from([0x1f, 0x8b])],
    ['gzip with a wrong checksum', flipped(gzipSync(LINES), gzipSync(LINES).length - 6)],
    ['gzip with garbage behind', Buffer.concat([gzipSync(LINES), Buffer.from('garbage')])],
    ['gzip with a member behind padding', Buffer.concat([gzipSync(LINES), Buffer.alloc(10), gzipSync(LINES)])],
    ['gzip whose second member is cut', Buffer.concat([gzipSync(LINES), gzipSync(LINES).subarray(0, 40)])],
    ['zstd cut in the middle', COMPRESSED.subarray(0, -20)],
    ['zstd cut before its checksum', COMPRESSED.subarray(0, -4)],
    ['zstd with a wrong checksum', flipped(COMPRESSED, COMPRESSED.length - 1)],
    ['zstd with garbage behind', Buffer.concat([COMPRESSED, Buffer.from('garbage')])],
    ['zstd of its magic number alone', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
    ['zstd that asks for too much memory', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x01, 0, 0])],
  ])('%s: it is quarantined whole and the others go on', async (_name, bytes) => {
    const { outcome, rows, letters } = await bench.curate({ before: linesOf([payment('a'), '{']), broken: bytes, after: payment('b') });
    expect(outcome.counts).toMatchObject({ quarantined: ['broken'], lines: 3, dead: 1, curated: 2 });
    expect(rows.map((row) => row.payment_id).sort()).toEqual(['a', 'b']);
    expect(letters.map((letter) => letter.object)).toEqual(['before']);
  });

  test('an object larger than a block that breaks at its end gives up what was already read', async () => {
    const large = Buffer.concat([many('large', 60_000), linesOf(['{', line({ x: '1', card: '"4111 1111 1111 1111"' })])]);
    const { outcome, letters } = await bench.curate({ large: gzipSync(large).subarray(0, -3), small: linesOf([payment('s'), '[']) });
    expect(outcome.counts).toMatchObject({ quarantined: ['large'], lines: 2, dead: 1, curated: 1, cards: 0, unknownFields: [] });
    expect(letters.map((letter) => letter.object)).toEqual(['small']);
  });

  test('no damage to a zstd object hangs the reader or passes for its lines', async () => {
    const random = new Random(11, 0);
    const objects = Object.fromEntries(Array.from({ length: 150 }, (_, i) => {
      const damaged = Buffer.from(COMPRESSED);
      for (let left = 1 + random.whole(3); left > 0; left -= 1) damaged[4 + random.whole(damaged.length - 4)] = random.whole(256);
      return [`damaged-${i}`, damaged];
    }));
    const { outcome } = await bench.curate(objects);
    const same = Object.values(objects).filter((bytes) => bytes.equals(COMPRESSED)).length;
    expect(outcome.counts.quarantined.length).toBe(150 - same);
  });
});

describe('how lines end', () => {
  test('CRLF ends a line, a bare CR does not, and the last line needs no ending', async () => {
    const bytes = Buffer.from(`${payment('a')}\r\n${payment('b')}\n\r\n \t\u000b\u000c\r\n${line({ payment_id: '"c"' }).replace(',', ',\r')}\n\n${payment('d')}\r`);
    const { outcome, rows } = await bench.curate({ object: bytes });
    expect(outcome.counts).toMatchObject({ lines: 7, blank: 3, dead: 0, curated: 4 });
    expect(rows.map((row) => row.payment_id).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a CR that no LF follows is the last line’s own', async () => {
    const { letters } = await bench.curate({ cr: '[1\r', crlf: '[1\r\n' });
    expect(letters.map(({ object, length, raw }) => ({ object, length, raw }))).toEqual([{ object: 'cr', length: 3, raw: '[1\r' }, { object: 'crlf', length: 2, raw: '[1' }]);
  });

  test('a byte order mark counts at the object’s start only, packed or not', async () => {
    const bytes = Buffer.from(`\ufeff${payment('a')}\n\ufeff${payment('b')}\n`);
    const { outcome, letters } = await bench.curate({ plain: bytes, packed: gzipSync(bytes), alone: '\ufeff', short: '\ufeff\n' });
    expect(outcome.counts).toMatchObject({ lines: 5, blank: 1, dead: 2, duplicates: 1, curated: 1 });
    expect(letters.map(({ object, offset, lineNumber, reasons }) => ({ object, offset, lineNumber, reasons }))).toEqual(['plain', 'packed'].map((object) => (
      { object, offset: 3 + payment('a').length + 1, lineNumber: 2, reasons: ['malformed_json'] })));
  });

  test('an object without a byte has no line; nor has no object', async () => {
    expect((await bench.curate({ empty: '', packed: gzipSync('') })).outcome.counts).toMatchObject({ lines: 0, quarantined: [], curated: 0 });
    expect((await bench.curate({})).outcome.counts).toMatchObject({ lines: 0, curated: 0 });
  });
});

describe('where a dead letter says it was', () => {
  test('the bytes at its offset are its line, whatever lies before', async () => {
    const bad = ['{', '  {"a":1', 'ä\u0001', Buffer.from([0xff, 0x00, 0x22]), line({ currency: '"?"' }), '\t}\r', '"é"'];
    const random = new Random(5, 0);
    const parts: Buffer[] = [];
    for (let i = 0; i < 3000; i += 1) {
      parts.push(Buffer.from(random.pick([payment(`w${i}`), '', ' \t', ...bad])), Buffer.from(random.pick(['\n', '\r\n'])));
    }
    const bytes = Buffer.concat(parts);
    const { letters, outcome } = await bench.curate({ first: payment('x'), second: bytes, third: gzipSync(Buffer.concat([Buffer.from('\ufeff'), bytes])) });
    expect(letters.length).toBe(outcome.counts.dead);
    for (const letter of letters) {
      const source = letter.object === 'second' ? bytes : Buffer.concat([Buffer.from('\ufeff'), bytes]);
      const raw = letter.raw === undefined ? Buffer.from(letter.rawBase64!, 'base64') : Buffer.from(letter.raw);
      expect(source.subarray(letter.offset, letter.offset + letter.length)).toEqual(raw);
      expect(source.subarray(0, letter.offset).filter((byte) => byte === 0x0a).length + 1).toBe(letter.lineNumber);
      expect(letter).toMatchObject({ landingHour: HOUR, revision: 1, version: `v-${letter.object}` });
    }
    expect(letters.some((letter) => letter.rawBase64 !== undefined)).toBe(true);
    expect(letters.map((letter) => `${letter.object}:${String(letter.lineNumber).padStart(6)}`)).toEqual(
      letters.map((letter) => `${letter.object}:${String(letter.lineNumber).padStart(6)}`).sort());
  });
});

describe('a line of more than a mebibyte', () => {
  const ofLength = (bytes: number, id: string): string => {
    const short = line({ payment_id: JSON.stringify(id), pad: '""' });
    return line({ payment_id: JSON.stringify(id), pad: JSON.stringify('x'.repeat(bytes - short.length)) });
  };

  test('is refused from the first byte over, its ending not counted', async () => {
    const lines = [ofLength(MIB, 'at'), ofLength(MIB + 1, 'over'), payment('between'), ofLength(MIB, 'crlf')];
    const bytes = Buffer.from(`${lines[0]}\n${lines[1]}\n${lines[2]}\n${lines[3]}\r\n`);
    const { outcome, letters, rows } = await bench.curate({ object: bytes, packed: gzipSync(Buffer.from(`${ofLength(MIB + 1, 'crlf-over')}\r\n${ofLength(MIB, 'last')}`)) });
    expect(rows.map((row) => row.payment_id).sort()).toEqual(['at', 'between', 'crlf', 'last']);
    expect(outcome.counts).toMatchObject({ lines: 6, dead: 2, reasons: { line_too_long: 2 } });
    expect(letters[0]).toMatchObject({
      reasons: ['line_too_long'], lineNumber: 2, offset: MIB + 1, length: MIB + 1, raw: lines[1]!.slice(0, KIB), sha256: createHash('sha256').update(lines[1]!).digest('hex'),
    });
    expect(letters[1]).toMatchObject({ object: 'packed', lineNumber: 1, offset: 0, length: MIB + 1 });
  });

  test('is hashed as it passes, whatever it holds, and the lines behind it are read', async () => {
    const long = Buffer.alloc(20 * MIB, 'a\r');
    const text = Buffer.concat([Buffer.alloc(KIB - 1, 'b'), Buffer.from('é'), Buffer.alloc(2 * MIB, 'c')]);
    const blank = Buffer.alloc(3 * MIB, ' ');
    const bytes = Buffer.concat([linesOf([payment('a'), long, payment('b'), blank, text]), Buffer.from(payment('c'))]);
    const { outcome, letters, rows } = await bench.curate({ object: bytes });
    expect(outcome.counts).toMatchObject({ lines: 6, blank: 1, dead: 2, curated: 3 });
    expect(rows.map((row) => row.payment_id).sort()).toEqual(['a', 'b', 'c']);
    expect(letters[0]).toMatchObject({ lineNumber: 2, length: long.length - 1, sha256: createHash('sha256').update(long.subarray(0, -1)).digest('hex') });
    expect(letters[1]).toMatchObject({ lineNumber: 5, length: text.length, raw: 'b'.repeat(KIB - 1), sha256: createHash('sha256').update(text).digest('hex') });
  });
});

test('random bytes end with no row, and every line accounted for', async () => {
  const noise = randomFillSync(Buffer.alloc(3 * MIB));
  // Its first bytes must not make an archive of it by chance.
  noise[0] = 0x41;
  const { outcome, letters } = await bench.curate({ noise });
  const lines: Buffer[] = [];
  for (let at = 0; at < noise.length;) {
    const lf = noise.indexOf(0x0a, at);
    const end = lf < 0 ? noise.length : lf;
    lines.push(noise.subarray(at, lf > at && noise[lf - 1] === 0x0d ? end - 1 : end));
    at = end + 1;
  }
  const blank = lines.filter((bytes) => verdictOf(bytes, HOUR).kind === 'blank').length;
  expect(outcome.counts).toMatchObject({ lines: lines.length, blank, dead: lines.length - blank, duplicates: 0, curated: 0, quarantined: [] });
  expect(letters.length).toBe(lines.length - blank);
});

test('many lines of nothing cost no memory to speak of', async () => {
  const { outcome } = await bench.curate({ nothing: Buffer.alloc(6 * MIB, '\n'), spaces: Buffer.alloc(6 * MIB, ' \n') });
  expect(outcome.counts).toMatchObject({ lines: 9 * MIB, blank: 9 * MIB, dead: 0, curated: 0 });
});
