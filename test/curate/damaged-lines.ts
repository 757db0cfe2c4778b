/** Good lines with damage: values of the wrong kind or at their limits, names twice or unknown, bytes changed. */
import type { Random } from '../../scripts/generate/random';
import { GOOD } from './curating';

export const VALUES = [
  'null', '""', '"null"', '"NULL"', 'true', 'false', '0', '-0', '-0.0', '1', '-1', '12', '12.0', '1e3', '1E3', '1e999', '-1e-999', '1e-7', '1.50', '007', '+1', '.5', '1.',
  '"12"', '"-12"', '"+12"', '" 12"', '"12 "', '"007"', '"-0"', '"12.0"', '"1e3"', '"1E+2"', '"0.5"', '".5"', '"1."', '"1000000"', '"1000000.0000001"', '1000000.5',
  '9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809', '"9223372036854775807"', '18446744073709551616', '12345678901234567890123', '"00000000000000000000000000012"',
  'NaN', 'Infinity', '-Infinity', '"NaN"', '"Infinity"', '"inf"', 'nan', '0x10', '[]', '{}', '[1]', '[1,]', '{"a":1}', '{"a":1,"a":2}', '{"payment_id":1.50}', '"[x"', '"{x"', '"x["', '[[[[1e5]]]]',
  '"\\u0000"', '"a\\u0000b"', '"\\u001f"', '"\\u007f"', '"\u007f"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00x"', '"\u{1f600}"', '"\u2028"', '"\\/"', '"\\x"', '"a\\nb"', '"a\tb"', '"a|b~c%d"', '"a|b"', '"b~c"', '"c%d"', '"~"', '"\\u0041"',
  '"."', '".."', '"..."', '"a:b@c"', '"a/b"', '"a b"', '"é"', '"__HIVE_DEFAULT_PARTITION__"', '"Null"', '"EUR"', '"eur"', '"EURO"', '"HRK"', '"XXX"', '"EUR\\n"', '"CAPTURED"', '"captured"', '"CAPTURED "', '"CHARGEBACK"', '"PENDING"',
  '"2026-11-20T10:00:00Z"', '"2026-11-20 10:00:00"', '"2026-11-20  10:00:00"', '"2026-11-20t10:00:00z"', '"2026-11-20T10:00:00.123456789Z"', '"2026-11-20T10:00:00.1234567890Z"', '"2026-11-20T10:00:00.Z"', '"2026-11-20T10:00:00,5Z"',
  '"2026-11-20T10:00:00+14:00"', '"2026-11-20T10:00:00+14:01"', '"2026-11-20T10:00:00-12:00"', '"2026-11-20T10:00:00-12:01"', '"2026-11-20T10:00:00+0100"', '"2026-11-20T10:00:00+01:60"', '"2026-11-20T10:00:00-00:00"',
  '"2026-11-20T24:00:00Z"', '"2026-11-20T23:59:60Z"', '"2026-02-29T10:00:00Z"', '"2024-02-29T10:00:00Z"', '"2026-13-01T10:00:00Z"', '"2026-00-10T10:00:00Z"', '"2026-11-00T10:00:00Z"', '"2026-11-31T10:00:00Z"',
  '"1999-12-31T23:59:59.999999Z"', '"1999-12-31T23:30:00-01:00"', '"2000-01-01T00:30:00+01:00"', '"2100-12-31T23:59:59.999999Z"', '"2101-01-01T00:00:00Z"', '"2100-12-31T23:30:00-01:00"', '"2101-01-01T00:30:00+01:00"',
  '"2026-11-21T11:00:00Z"', '"2026-11-21T11:00:00.000001Z"', '"2026-11-21T12:00:00+01:00"', '"2026-11-21T11:00:00.0000009Z"', '"0000-01-01T00:00:00Z"', '"2026-11-20"', '"２026-11-20T10:00:00Z"', '"2026-11-20T10:00:00Z\\n"', '"2026-11-20T10:00"',
  `"${'x'.repeat(256)}"`, `"${'x'.repeat(257)}"`, `"${'é'.repeat(256)}"`, `"${'\u{1f600}'.repeat(256)}"`, `"${'\u{1f600}'.repeat(257)}"`, `"${'e\u0301'.repeat(128)}"`, `"${'e\u0301'.repeat(129)}"`, `"${'y'.repeat(128)}"`, `"${'y'.repeat(129)}"`,
  '1'.repeat(1000), '1'.repeat(1001), `"${'1'.repeat(1001)}"`, `0.${'0'.repeat(999)}`, `${'['.repeat(511)}${']'.repeat(511)}`, `${'['.repeat(512)}${']'.repeat(512)}`, `${'{"a":'.repeat(511)}1${'}'.repeat(511)}`, `${'{"a":'.repeat(512)}1${'}'.repeat(512)}`,
  '"4111 1111 1111 1111"', '4111111111111111',
] as const;
export const NAMES = [...Object.keys(GOOD), 'unknown', '', 'Payment_id', 'payment_id ', 'payment\\u005fid', 'amount_cent\\u0073', '\\u0000', 'a\\u0000b', 'nan', 'inf,}', '\\ud800', 'é', '$.payment_id', 'payment_id.x', 'amount_cents[0]'] as const;
const BYTES = [0x00, 0x01, 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x1b, 0x1f, 0x20, 0x22, 0x2c, 0x3a, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xc3, 0xe9, 0xed, 0xf4, 0xff, 0x30, 0x2d, 0x2e, 0x65] as const;

export function damagedLine(random: Random, i: number): Buffer {
  const members: [string, string][] = Object.entries({ ...GOOD, payment_id: `p-${random.whole(i + 10)}`, amount_cents: random.whole(10_000) })
    .map(([name, value]) => [name, JSON.stringify(value)]);
  for (let left = random.whole(4); left > 0; left -= 1) {
    const at = random.whole(members.length);
    switch (random.whole(8)) {
      case 0: members.splice(at, 1); break;
      case 1: members.splice(at, 0, [random.pick(NAMES), random.pick(VALUES)]); break;
      case 2: members.splice(at, 0, [members[at]![0], random.pick(VALUES)]); break;
      default: members[at] = [members[at]![0], random.pick(VALUES)];
    }
    if (members.length === 0) break;
  }
  const space = (): string => random.weighted([['', 60], [' ', 3], ['\t', 1], ['\r', 1]]);
  let text = `${space()}{${members.map(([name, value]) => `${space()}"${name}"${space()}:${space()}${value}${space()}`).join(',')}}${space()}`;
  if (random.next() < 0.05) text = random.pick(['[' + text + ']', text + text, text.slice(0, -2) + ',}', `\ufeff${text}`, text + ' x', '"text"', '12', 'null', '{}', '[]', ' \t\u000b\f\r', '', text.replaceAll('"', "'"), `${text}// c`]);
  let bytes = Buffer.from(text, 'utf8');
  if (random.next() < 0.2) {
    for (let left = 1 + random.whole(3); left > 0; left -= 1) {
      const at = random.whole(bytes.length + 1);
      const byte = Buffer.from([random.pick(BYTES)]);
      bytes = random.pick([
        () => Buffer.concat([bytes.subarray(0, at), byte, bytes.subarray(at)]),
        () => Buffer.concat([bytes.subarray(0, at), byte, bytes.subarray(at + 1)]),
        () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]),
        () => bytes.subarray(0, at),
      ])();
    }
  }
  return bytes;
}
