/** What goes over marks and texts once lines are read: held against the same in a few lines of JavaScript. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompiledTexts } from '../../engines/duckdb/lines/compiled-texts';
import { copyContested } from '../../engines/duckdb/lines/contested-texts';
import type { GrownFile } from '../../engines/duckdb/lines/growing-file';
import { findTwice } from '../../engines/duckdb/lines/payment-marks';
import { sortTexts, TextFile } from '../../engines/duckdb/lines/sorted-texts';
import { Random } from '../../scripts/generate/random';

const GONE = '!!!!!!!!';
/** The smallest that there are: what an hour has in one of them is in many here. */
const RUN_BYTES = 128 * 1024;

let folder: string;
let compiled: CompiledTexts;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-texts-'));
  compiled = new CompiledTexts();
});
afterEach(async () => rm(folder, { recursive: true }));

interface Text {
  readonly mark: string;
  readonly payment: string;
  readonly merchant: string;
  readonly created: number;
  readonly reason: string;
}

function textOf({ mark, payment, merchant, created, reason }: Text): string {
  return `${mark}|0123456789012345678|${payment}|${merchant}|~|1|EUR|CAPTURED|~|~|~|~|${created}|~|${reason}\n`;
}

async function file(name: string, content: string): Promise<GrownFile> {
  const path = join(folder, name);
  await writeFile(path, content);
  return { path, bytes: (await stat(path)).size };
}

function drawn(random: Random, count: number, more: (i: number) => Partial<Text>): readonly Text[] {
  return Array.from({ length: count }, (_, i) => ({
    mark: String(i).padStart(8, 'm'), payment: `p-${random.whole(1_000_000_000)}`, merchant: `merchant-${random.whole(20)}`,
    created: 1_795_000_000_000_000 + random.whole(90_000_000_000), reason: 'x'.repeat(random.whole(100)), ...more(i),
  }));
}

function inOrder(texts: readonly Text[]): readonly string[] {
  return texts.toSorted((a, b) => Buffer.compare(Buffer.from(a.merchant), Buffer.from(b.merchant)) || a.created - b.created || Buffer.compare(Buffer.from(a.payment), Buffer.from(b.payment))).map(textOf);
}

function sortedInto(files: readonly GrownFile[], out: string, runBytes?: number): number {
  const to = new TextFile(out);
  try {
    return sortTexts(compiled, files, join(folder, 'texts'), to, runBytes);
  } finally {
    to.close();
  }
}

async function sorted(parts: readonly (readonly Text[])[], runBytes?: number): Promise<{ readonly count: number; readonly texts: readonly string[] }> {
  const files = await Promise.all(parts.map(async (texts, i) => file(`part-${i}`, texts.map(textOf).join(''))));
  const out = join(folder, 'sorted');
  const count = sortedInto(files, out, runBytes);
  // Neither of what was read nor of runs is anything left: an hour of one merchant would lie on the disk three times.
  expect(await readdir(folder)).toEqual(['sorted']);
  return { count, texts: (await readFile(out, 'latin1')).split(/(?<=\n)/).filter((text) => text !== '') };
}

describe.each([['one run', undefined], ['many runs', RUN_BYTES]])('texts in %s', (_runs, runBytes) => {
  const shapes: readonly (readonly [string, (random: Random, i: number) => Partial<Text>])[] = [
    ['of a few merchants, in no order', () => ({})],
    ['of more merchants than a byte tells apart, some of them the beginning of others', (random) => ({ merchant: 'abcdefghijklmnopqrstuvwx'.slice(0, 1 + random.whole(24)) + (random.next() < 0.5 ? '' : String(random.whole(400))) })],
    ['of one instant, told apart by their payment alone', (_random, i) => ({ created: 1_795_000_000_000_000, merchant: 'm', payment: 'p'.repeat(1 + (i % 40)) + String(i * 7919 % 10_007) })],
    ['of instants that differ in their last digit or in all, before 1970 too', (random) => ({ created: random.pick([-1, 1]) * random.pick([1, 1_000, 4_102_444_800_000_000]) * random.whole(10), merchant: 'm' })],
    ['as long as they may be, some of them', (random) => ({ reason: 'y'.repeat(random.next() < 0.01 ? 65_000 : 3) })],
    ['as short as they may be', (_random, i) => ({ payment: String(i), merchant: 'm', created: i % 10, reason: '~' })],
  ];
  test.each(shapes)('%s, come in the order of their rows', async (_shape, more) => {
    const random = new Random(11, 0);
    const texts = drawn(random, 8_000, (i) => more(random, i));
    const { count, texts: found } = await sorted([texts.slice(0, 3_000), texts.slice(3_000, 3_001), texts.slice(3_001)], runBytes);
    expect(count).toBe(texts.length);
    expect(found).toEqual(inOrder(texts));
  });

  test('of which some went another way, come without those', async () => {
    const random = new Random(12, 0);
    const texts = drawn(random, 8_000, (i) => (i % 3 === 0 || (i > 2_000 && i < 6_000) ? { mark: GONE } : {}));
    const { count, texts: found } = await sorted([texts], runBytes);
    const left = texts.filter(({ mark }) => mark !== GONE);
    expect(count).toBe(left.length);
    expect(found).toEqual(inOrder(left));
  });

  test('that all went another way, leave nothing', async () => {
    expect(await sorted([drawn(new Random(13, 0), 3_000, () => ({ mark: GONE }))], runBytes)).toEqual({ count: 0, texts: [] });
  });
});

test('what is done before in the same memory changes nothing', async () => {
  const random = new Random(14, 0);
  const first = drawn(random, 5_000, () => ({}));
  await sorted([first], RUN_BYTES);
  await rm(join(folder, 'sorted'));
  const second = drawn(random, 50, () => ({}));
  expect((await sorted([second])).texts).toEqual(inOrder(second));
});

test('a file that is shorter than it was, or ends in the middle of a text, is no hour’s', async () => {
  const whole = await file('whole', textOf(drawn(new Random(15, 0), 1, () => ({}))[0]!));
  expect(() => sortedInto([{ ...whole, bytes: whole.bytes + 1 }], join(folder, 'sorted'))).toThrow('before');
  const cut = await file('cut', (await readFile(whole.path, 'latin1')).slice(0, -1));
  expect(() => sortedInto([cut], join(folder, 'sorted'))).toThrow('no end of a text');
});

describe('marks', () => {
  const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const markFrom = (random: Random): string => Array.from({ length: 8 }, () => LETTERS[random.whole(LETTERS.length)]).join('');

  test('that more than one line has are found, in more than is read at once', async () => {
    const random = new Random(16, 0);
    const few = Array.from({ length: 500 }, () => markFrom(random));
    const marks = Array.from({ length: 150_000 }, () => (random.next() < 0.01 ? random.pick(few) : markFrom(random)));
    const files = [await file('marks-0', marks.slice(0, 140_001).join('')), await file('marks-1', marks.slice(140_001).join(''))];
    const out = join(folder, 'twice');
    const seen = new Set<string>();
    const again = marks.filter((mark) => seen.size === seen.add(mark).size);
    expect(findTwice(compiled, files.map(({ path }) => path), out)).toBe(again.length);
    expect((await readFile(out, 'latin1')).match(/.{8}/g)).toEqual(again);
  });

  test('that no two lines have leave no file', async () => {
    const path = join(folder, 'twice');
    expect(findTwice(compiled, [(await file('marks', 'AAAAAAAABBBBBBBB')).path], path)).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test('cut in the middle are no hour’s', async () => {
    const { path } = await file('marks', 'AAAAAAAABBBB');
    expect(() => findTwice(compiled, [path], join(folder, 'twice'))).toThrow('in the middle of a mark');
  });

  test('texts that have one of them are copied out and stay as gone, wherever they stand in what is read at once', async () => {
    const random = new Random(17, 0);
    const texts = drawn(random, 20_000, () => ({ mark: markFrom(random) }));
    const contested = new Set(texts.filter((_text, i) => i === 0 || i === texts.length - 1 || random.next() < 0.05).map(({ mark }) => mark));
    const marks = [...contested];
    const [first, second] = [await file('twice-0', marks.slice(0, 100).join('')), await file('twice-1', [...marks.slice(100), marks[0]].join(''))];
    const files = [await file('texts-0', texts.slice(0, 15_000).map(textOf).join('')), await file('texts-1', texts.slice(15_000).map(textOf).join(''))];
    expect(files[0]!.bytes).toBeGreaterThan(2 * 1024 * 1024);
    const out = join(folder, 'copies');
    expect(copyContested(compiled, files.map(({ path }) => path), [first.path, second.path], out)).toBe(contested.size);
    expect(await readFile(out, 'latin1')).toBe(texts.filter(({ mark }) => contested.has(mark)).map(textOf).join(''));
    const left = (await Promise.all(files.map(async ({ path }) => readFile(path, 'latin1')))).join('');
    expect(left).toBe(texts.map((text) => textOf(contested.has(text.mark) ? { ...text, mark: GONE } : text)).join(''));
    // Another pass, of other marks, finds none of them again.
    expect(copyContested(compiled, files.map(({ path }) => path), [first.path, second.path], join(folder, 'none'))).toBe(0);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});
