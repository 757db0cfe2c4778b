/** A large object that is not packed is read in parts, by whoever reads its lines: an hour is the same as where it came packed, in one stream. */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { filePartsOf, type FilePart } from '../../engines/duckdb/lines/file-parts';
import { openLineReaders } from '../../engines/duckdb/lines/line-readers';
import { Random } from '../../scripts/generate/random';
import { HOUR, line, Workbench, type Curated } from './curating';
import { damagedLine } from './damaged-lines';

const MIB = 1024 * 1024;
const PART = 4 * MIB;
const MARK = '\u00ef\u00bb\u00bf';
/** One byte more is too long for a line. */
const LONGEST = MIB;

let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'sluice-parts-')); });
afterAll(async () => rm(folder, { recursive: true }));

function payment(id: string): string {
  return line({ payment_id: JSON.stringify(id) });
}

/** A line of so many bytes. */
function lineOf(bytes: number): string {
  const start = '{"unknown":"';
  return `${start}${'x'.repeat(bytes - start.length - 2)}"}`;
}

/** Lines until the next one would begin less than so many bytes before the end of that many parts. */
function* linesUpTo(parts: number, before: number, from: number): Generator<string> {
  let at = from;
  for (let i = 0; ; i += 1) {
    const next = payment(`p${parts}-${i}`);
    if (at + next.length + 1 > parts * PART - before) return;
    yield next;
    at += next.length + 1;
  }
}

function bytesOf(lines: readonly string[]): number {
  return lines.reduce((sum, text) => sum + text.length + 1, 0);
}

/** Each byte a character. Around each place where a part would end by its size something lies that does not end there. */
function linesAcrossParts(): readonly string[] {
  const random = new Random(1, 0);
  const lines: string[] = [];
  const upTo = (parts: number, before: number): void => { lines.push(...linesUpTo(parts, before, bytesOf(lines))); };
  upTo(1, 1_000);
  // The next part begins with a byte order mark, which is one at an object's beginning only.
  lines.push(lineOf(LONGEST + 1), `${MARK}${payment('marked')}`, payment('behind-a-line-too-long'));
  upTo(2, 500_000);
  lines.push(lineOf(LONGEST), payment('behind-the-longest-line'));
  upTo(3, 9 * MIB);
  lines.push(lineOf(10 * MIB), '', ' '.repeat(2 * MIB), payment('behind-lines-of-more-than-a-part'));
  upTo(7, 5_000);
  for (let i = 0; i < 200; i += 1) lines.push(damagedLine(random, i).toString('latin1'));
  lines.push(payment('p1-0'), payment('the-last-one'));
  return lines;
}

async function curated(objects: Readonly<Record<string, Buffer>>): Promise<Curated> {
  const bench = await Workbench.open('300MB', 2);
  try {
    return await bench.curate(objects);
  } finally {
    await bench.close();
  }
}

function essence({ outcome: { counts, files }, rows, letters }: Curated): unknown {
  return {
    counts: { ...counts, unknownFields: counts.unknownFields.length }, files: files.map(({ path, rows: count }) => [path, count]),
    rows: new Map(rows.map((row) => [row.payment_id, row])), letters: letters.map((letter) => JSON.stringify(letter)).sort(),
  };
}

test.each([
  ['as they are', (lines: readonly string[]) => `${lines.join('\n')}\n`],
  ['without an ending of the last one', (lines: readonly string[]) => lines.join('\n')],
  ['with a CR behind the last one, which is no ending', (lines: readonly string[]) => `${[...lines.slice(0, -1), '{"cut":'].join('\n')}\r`],
  ['with a byte order mark, and a CR before each line feed', (lines: readonly string[]) => `${MARK}${lines.join('\r\n')}\r\n`],
])('lines %s', async (_, text) => {
  const bytes = Buffer.from(text(linesAcrossParts()), 'latin1');
  expect(bytes.length).toBeGreaterThan(6 * PART);
  const small = Buffer.from(`${payment('of a small object')}\n`);
  const [inParts, packed] = [await curated({ a: small, b: bytes, c: small }), await curated({ a: small, b: gzipSync(bytes, { level: 1 }), c: small })];
  expect(essence(inParts)).toEqual(essence(packed));
  expect(inParts.outcome.counts).toMatchObject({ quarantined: [], lines: linesAcrossParts().length + 2 });
  const tooLong = inParts.letters.filter((letter) => JSON.stringify(letter).includes('line_too_long'));
  expect(tooLong).toHaveLength(2);
  expect(inParts.rows.map((row) => row.payment_id)).toEqual(expect.arrayContaining(['behind-a-line-too-long', 'behind-the-longest-line', 'behind-lines-of-more-than-a-part']));
});

async function partsOf(text: string): Promise<readonly FilePart[]> {
  const path = join(folder, 'object');
  await writeFile(path, text);
  const parts: FilePart[] = [];
  for await (const part of filePartsOf({ path })) parts.push(part);
  return parts;
}

test('parts lie one behind the other, and each ends where a line does', async () => {
  const text = `${'x'.repeat(PART + 5_000)}\n${'y'.repeat(PART - 1)}\n${'z'.repeat(3 * PART)}`;
  expect((await partsOf(text)).map(({ start, end }) => [start, end])).toEqual([[0, PART + 5_001], [PART + 5_001, 2 * PART + 5_001], [2 * PART + 5_001, text.length]]);
  expect(await partsOf('')).toEqual([]);
});

test.each([1, 2])('an object that becomes shorter while it is read is an error, and no shorter hour (threads: %i)', async (threads) => {
  const [part] = await partsOf(`${payment('p')}\n`.repeat(5_000));
  await truncate(part!.path, 1_000_000);
  const readers = openLineReaders({ landingHour: HOUR, folder, groups: 1, buckets: 1, suppression: null }, threads);
  try {
    await expect(readers.readPart({ ...part!, countSent: false })).rejects.toThrow(/ended at 1000000, before \d+, while it was read/);
  } finally {
    await readers.end();
  }
});
