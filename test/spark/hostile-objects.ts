/** Objects that have everything in them that the contract says something about, and much that it hopes never to see. */
import { gzipSync } from 'node:zlib';
import { generateLines, GENERATE_DEFAULTS } from '../../scripts/generate/lines';
import { Random } from '../../scripts/generate/random';
import { HOUR, line, linesOf } from '../curate/curating';
import { damagedLine } from '../curate/damaged-lines';
import { REFUSED, TAKEN } from '../curate/rules';
import { COMPRESSED, SKIPPED, storedFrame } from '../curate/zstd-frames';

const MIB = 1024 * 1024;
const DAMAGED = 2_500;

export async function hostileObjects(seed: number): Promise<Readonly<Record<string, Buffer>>> {
  const random = new Random(seed, 0);
  const rules = linesOf([...REFUSED, ...TAKEN].map(([, of]) => (typeof of === 'string' || Buffer.isBuffer(of) ? of : line(of))));
  const damaged = linesOf(Array.from({ length: DAMAGED }, (_, i) => damagedLine(random, i)));
  const lines = numbered('packed', 300);
  const cut = gzipSync(linesOf([numbered('cut', 3000), '{', line({ x: '1', card: '"4111 1111 1111 1111"' })])).subarray(0, -5);
  return {
    'rules.ndjson': rules,
    'rules.ndjson.gz': gzipSync(rules),
    'damaged.ndjson': damaged,
    'endings.ndjson': Buffer.from(`\ufeff${id('e1')}\r\n${id('e2')}\n\r\n \t\u000b\u000c\r\n\ufeff${id('e3')}\n\n${id('e4').replace(',', ',\r')}\n\r\r\n${id('e5')}\r`),
    'mark-alone': Buffer.from('\ufeff'),
    'mark-cut.gz': gzipSync(Buffer.from([0xef, 0xbb])),
    empty: Buffer.alloc(0),
    'empty.gz': gzipSync(''),
    'spaces.ndjson': Buffer.alloc(20_000, ' \n'),
    'members.gz': Buffer.concat([gzipSync(lines.subarray(0, 1000)), gzipSync(''), gzipSync(lines.subarray(1000)), Buffer.alloc(700)]),
    'whole.zst': COMPRESSED,
    'frames.zst': Buffer.concat([SKIPPED, await storedFrame(lines.subarray(0, 1000)), SKIPPED, await storedFrame(lines.subarray(1000, 1007), false), await storedFrame(Buffer.alloc(0)), await storedFrame(lines.subarray(1007))]),
    'cut.gz': cut,
    'garbage-behind.gz': Buffer.concat([gzipSync(lines), Buffer.from('garbage')]),
    'member-behind-padding.gz': Buffer.concat([gzipSync(lines), Buffer.alloc(10), gzipSync(lines)]),
    'two-bytes.gz': Buffer.from([0x1f, 0x8b]),
    'cut.zst': COMPRESSED.subarray(0, -4),
    'wrong-sum.zst': Buffer.concat([COMPRESSED.subarray(0, -1), Buffer.from([COMPRESSED.at(-1)! ^ 0x10])]),
    'garbage-behind.zst': Buffer.concat([COMPRESSED, Buffer.from('garbage')]),
    'too-wide.zst': Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x01, 0, 0]),
    'magic-alone.zst': Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    'long.ndjson': longLines(),
    'cards.ndjson': cards(),
    'merchants.ndjson': merchants(),
    'duplicates.ndjson': duplicates(random),
    'fields.ndjson': unknownFields(),
    'noise.bin': noise(random),
  };
}

/** As many as the issue asks for, one in twenty of them bad. */
export function generatedLines(): Buffer {
  return Buffer.concat([...generateLines({ ...GENERATE_DEFAULTS, landingHour: HOUR, lines: 100_000, bad: 0.05, duplicates: 0.05, merchants: 40, seed: 3 })]);
}

const id = (name: string): string => line({ payment_id: JSON.stringify(name) });
const numbered = (prefix: string, count: number): Buffer => linesOf(Array.from({ length: count }, (_, i) => id(`${prefix}-${i}`)));

function longLines(): Buffer {
  const ofLength = (bytes: number, name: string): string => {
    const short = line({ payment_id: JSON.stringify(name), pad: '""' });
    return line({ payment_id: JSON.stringify(name), pad: JSON.stringify('x'.repeat(bytes - short.length)) });
  };
  return Buffer.concat([
    Buffer.from(`${ofLength(MIB, 'at')}\n${ofLength(MIB + 1, 'over')}\n${ofLength(MIB, 'crlf')}\r\n${ofLength(MIB + 1, 'crlf-over')}\r\n`),
    linesOf([Buffer.alloc(3 * MIB, 'a\r'), id('between'), Buffer.alloc(2 * MIB, ' '), Buffer.concat([Buffer.alloc(1023, 'b'), Buffer.from('é'), Buffer.alloc(2 * MIB, 'c')]),
      `{"x":"${'y'.repeat(1000)} 4111 1111 1111 1111 ${'z'.repeat(MIB)}"}`, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.alloc(2 * MIB, 'd')])]),
    Buffer.alloc(MIB + 1, 'e'), Buffer.from('\r'),
  ]);
}

function cards(): Buffer {
  const bad = { currency: '"?"' };
  return linesOf([
    line({ payment_id: '"card-good"', decline_reason: '"4111-1111-1111-1111"' }), line({ ...bad, decline_reason: '"4111-1111-1111-1111"' }), line({ ...bad, unknown: '{"deep":["4111 1111 1111 1111"]}' }),
    line({ ...bad, user_id: '4111111111111111' }), line({ ...bad, user_id: '"411111111111\\u0031111"' }), line({ ...bad, '4111111111111111': '1' }), line({ ...bad, currency: '"4111111111111111"' }),
    '{"broken":"4111111111111111"', Buffer.concat([Buffer.from('{"x":"4111111111111111'), Buffer.from([0xff]), Buffer.from('"}')]), line({ ...bad, amount_cents: '4111111111111111' }),
    line({ ...bad, amount_cents: '"4111111111111111"' }), '12 4111 1111 1111 1111', 'a4111111111111111b5555555555554444', '4111  1111  1111  1111', '\\u0034111111111111111 \\\\u0034111111111111111',
    line({ ...bad, decline_reason: '"2026-11-20 10:00:00 0000000000000000 99994111111111111111999 6304000000000000000"' }),
  ]);
}

function merchants(): Buffer {
  const odd = ['a:b@c', 'A:B@C', '..x', '-', '007', '1e3', 'm%41'.replace('%', '.'), '2026-11-20', 'a@', ':'];
  return linesOf(Array.from({ length: 600 }, (_, i) => line({
    payment_id: `"m${i}"`, merchant_id: JSON.stringify(odd[i % odd.length]), created_at: JSON.stringify(new Date(Date.parse('2026-11-20T10:59:59Z') - ((i * 7919) % 600) * 600_000).toISOString()),
  })));
}

/** Few payments, told often: by time, by status, by hash, and to the byte alike. */
function duplicates(random: Random): Buffer {
  return linesOf(Array.from({ length: 800 }, () => line({
    payment_id: `"d${random.whole(60)}"`, created_at: `"2026-11-20T10:00:0${random.whole(3)}.00000${random.whole(2)}Z"`, status: random.pick(['"PENDING"', '"CAPTURED"', '"SETTLED"']),
    user_id: `"u${random.whole(3)}"`, amount_cents: String(random.whole(2)), risk_score: random.pick(['-0.0', '0', '0.1', '1e-7', '"12.3456785"', '999999.9999995', 'null']),
  })));
}

function unknownFields(): Buffer {
  const names = ['x', 'X', '', ' ', 'é', '\u{1f600}', '\\u0000', 'payment_id ', 'a.b', '4111111111111111', 'n'.repeat(300), `${'n'.repeat(199)}\u{1f600}`, 'constructor', '__proto__', '\uffff'];
  return linesOf(Array.from({ length: 300 }, (_, i) => line({ payment_id: `"f${i}"`, ...Object.fromEntries(names.filter((_name, n) => (i + n) % (n + 2) === 0).map((name) => [name, '1'])), ...(i % 7 === 0 ? { currency: '"?"' } : {}) })));
}

function noise(random: Random): Buffer {
  // Its first byte must not make an archive of it.
  return Buffer.from(Array.from({ length: 60_000 }, (_, i) => (i === 0 ? 0x41 : random.whole(256))));
}

export function mutations(seed: number, count: number): Buffer {
  const random = new Random(seed, 0);
  return linesOf(Array.from({ length: count }, (_, i) => damagedLine(random, i)));
}
