/** Every rule of the contract's section 1, with the bytes that break it, through the real engine. */
import { REASONS, STATUSES, type CuratedPayment, type Reason } from '../../contract/payment';
import { line, linesOf, Workbench } from './curating';

type Fields = Readonly<Record<string, string | undefined>>;
const text = (value: string): string => JSON.stringify(value);
const LONG_INTEGER = '1'.repeat(2000);

const REFUSED: readonly (readonly [string, Fields | string | Buffer, readonly Reason[]])[] = [
  ['payment_id absent', { payment_id: undefined }, ['payment_id_missing']],
  ['payment_id null', { payment_id: 'null' }, ['payment_id_missing']],
  ['payment_id empty', { payment_id: '""' }, ['payment_id_missing']],
  ['payment_id under another case', { payment_id: undefined, Payment_Id: '"p"' }, ['payment_id_missing']],
  ['payment_id with a space', { payment_id: '"a b"' }, ['payment_id_invalid']],
  ['payment_id with an @', { payment_id: '"a@b"' }, ['payment_id_invalid']],
  ['payment_id of 129', { payment_id: text('a'.repeat(129)) }, ['payment_id_invalid']],
  ['payment_id with a NUL', { payment_id: '"a\\u0000"' }, ['payment_id_invalid']],
  ['payment_id with a last line feed', { payment_id: '"a\\n"' }, ['payment_id_invalid']],
  ['payment_id that is an array', { payment_id: '["a"]' }, ['payment_id_invalid']],
  ['payment_id that is a number with an exponent sign', { payment_id: '1e+3' }, ['payment_id_invalid']],
  ['merchant_id absent', { merchant_id: undefined }, ['merchant_id_missing']],
  ['merchant_id of one dot', { merchant_id: '"."' }, ['merchant_id_invalid']],
  ['merchant_id of two dots', { merchant_id: '".."' }, ['merchant_id_invalid']],
  ['merchant_id Null', { merchant_id: '"NuLL"' }, ['merchant_id_invalid']],
  ['merchant_id of Hive’s null', { merchant_id: '"__HIVE_DEFAULT_PARTITION__"' }, ['merchant_id_invalid']],
  ['merchant_id with a slash', { merchant_id: '"a/b"' }, ['merchant_id_invalid']],
  ['merchant_id with %', { merchant_id: '"a%2Fb"' }, ['merchant_id_invalid']],
  ['merchant_id of 129', { merchant_id: text('m'.repeat(129)) }, ['merchant_id_invalid']],
  ...(['user_id', 'payment_method', 'source_system', 'decline_reason'] as const).flatMap((name) => ([
    [`${name} of 257 characters`, { [name]: text('\u{1f600}'.repeat(257)) }, [`${name}_invalid`]],
    [`${name} with a control character`, { [name]: '"a\\u001fb"' }, [`${name}_invalid`]],
    [`${name} with an escaped NUL`, { [name]: '"\\u0000"' }, [`${name}_invalid`]],
    [`${name} with a raw DEL`, { [name]: '"a\u007f"' }, [`${name}_invalid`]],
    [`${name} that is an object`, { [name]: '{"a":1}' }, [`${name}_invalid`]],
    [`${name} whose text begins with a bracket`, { [name]: '"[a"' }, [`${name}_invalid`]],
    [`${name} whose text begins with a brace`, { [name]: '"{"' }, [`${name}_invalid`]],
  ] as const)),
  ['amount absent', { amount_cents: undefined }, ['amount_missing']],
  ['amount null', { amount_cents: 'null' }, ['amount_missing']],
  ...['12.0', '1e3', '"+12"', '" 12"', '"12 "', '"1_000"', '"12\\n"', 'true', '[12]', '"--1"', '"-"', '"１２"', '1E400'].map((value) =>
    [`amount ${value}`, { amount_cents: value }, ['amount_not_integer']] as const),
  ...['9223372036854775808', '-9223372036854775809', '18446744073709551616', LONG_INTEGER, text(LONG_INTEGER), `-${LONG_INTEGER}`].map((value) =>
    [`amount ${value.slice(0, 24)}`, { amount_cents: value }, ['amount_out_of_range']] as const),
  ...['-1', '"-1"', '-9223372036854775808', '"-0001"'].map((value) => [`amount ${value}`, { amount_cents: value }, ['amount_negative']] as const),
  ['amount with leading zeros, bare', { amount_cents: '007' }, ['malformed_json']],
  ['currency absent', { currency: undefined }, ['currency_missing']],
  ...['"eur"', '"EURO"', '"XXX"', '"EUR "', '"EUR\\n"', '978', '["EUR"]', '"EU"', '"E|R"'].map((value) => [`currency ${value}`, { currency: value }, ['currency_invalid']] as const),
  ['status empty', { status: '""' }, ['status_missing']],
  ...['"captured"', '"CAPTURED "', '"UNKNOWN"', '3', '{}', '"SETTLED\\n"'].map((value) => [`status ${value}`, { status: value }, ['status_unknown']] as const),
  ...['"high"', '-0.1', '1000000.0000001', '1e999', '"1e999"', '"NaN"', '"Infinity"', '"+1"', '".5"', '"1."', '"0x1"', '"01"', '" 1"', 'true', '[1]', '"1\\n"', '-1e-7'].map((value) =>
    [`risk_score ${value}`, { risk_score: value }, ['risk_score_invalid']] as const),
  ...(['authorized_at', 'completed_at', 'created_at'] as const).flatMap((name) => [
    '2026-11-20', '2026-11-20T10:00', '2026-11-20t10:00:00Z', '2026-11-20T10:00:00z', '2026-11-20  10:00:00', '2026-11-20T10:00:00.', '2026-11-20T10:00:00.1234567890', '2026-11-20T10:00:00,5',
    '2026-11-20T24:00:00', '2026-11-20T23:59:60', '2026-11-20T23:60:00', '2026-02-29T00:00:00', '2026-13-01T00:00:00', '2026-11-31T00:00:00', '2026-00-01T00:00:00',
    '2026-11-20T10:00:00+14:01', '2026-11-20T10:00:00-12:01', '2026-11-20T10:00:00+0100', '2026-11-20T10:00:00+01', '2026-11-20T10:00:00+01:60', '2026-11-20T10:00:00 Z',
    '1999-12-31T23:59:59.999999Z', '2000-01-01T00:30:00+01:00', '2101-01-01T00:00:00Z', '２０26-11-20T10:00:00Z', '2026-11-20T10:00:00Z\n', ' 2026-11-20T10:00:00Z', '+2026-11-20T10:00:00Z',
  ].map((value) => [`${name} ${text(value)}`, { [name]: text(value) }, [`${name}_invalid`]] as const)),
  ['authorized_at a bare number', { authorized_at: '1795171704' }, ['authorized_at_invalid']],
  ['created_at absent', { created_at: undefined }, ['created_at_missing']],
  ['created_at a microsecond beyond a day after the hour', { created_at: '"2026-11-21T11:00:00.000001Z"' }, ['created_at_invalid']],
  ['several fields, in the table’s order', { decline_reason: '"[x"', created_at: 'null', amount_cents: '"x"', payment_id: 'null', currency: '"?"', status: '"?"', risk_score: '"?"' },
    ['payment_id_missing', 'amount_not_integer', 'currency_invalid', 'status_unknown', 'risk_score_invalid', 'created_at_missing', 'decline_reason_invalid']],
  ['an empty object', '{}', ['payment_id_missing', 'merchant_id_missing', 'amount_missing', 'currency_missing', 'status_missing', 'created_at_missing']],
  ...[
    '{', '[]', '"text"', '12', 'null', `[${line()}]`, `${line()}${line()}`, `${line()} x`, `${line()},`, line().replace('}', ',}'), line().replaceAll('"', "'"), `${line()}//c`,
    line({ x: 'NaN' }), line({ x: '-Infinity' }), line({ x: 'nan' }), line({ x: '[1,]' }), line({ x: '{"a":1 , }' }), line({ x: '+1' }), line({ x: '.5' }), line({ x: '1.' }), line({ x: '0x1' }), line({ x: 'tRue' }),
    line({ x: '"\\x"' }), line({ x: '"\\ud800"' }), line({ x: '"\\udc00\\ud800"' }), line({ x: '[{"\\ud800":1}]' }), line({ x: '"a\tb"' }), line({ x: '"a\u0000b"' }), line({ x: '"a\u000bb"' }), line({ x: '"a\rb"' }), `\u000c${line()}`,
    `\ufeff${line()}`, `\u00a0${line()}`, line({ x: '/**/1' }), line({ x: '1'.repeat(1001) }), line({ x: `[${'1'.repeat(1001)}]` }), line({ x: `0.${'1'.repeat(999)}` }), line({ x: `${'['.repeat(512)}${']'.repeat(512)}` }),
    line({ x: `[{"amount_cents":${'1'.repeat(1001)}}]` }), 'NaN', 'undefined',
  ].map((whole) => [`no JSON object: ${JSON.stringify(whole).slice(0, 50)} … ${JSON.stringify(whole.slice(-30))}`, whole, ['malformed_json']] as const),
  ['bytes that are not UTF-8', Buffer.from(line({ user_id: '"é"' }), 'latin1'), ['malformed_json']],
  ['an overlong UTF-8 slash', Buffer.from(line({ user_id: '"À¯"' }), 'latin1'), ['malformed_json']],
  ['a surrogate in UTF-8', Buffer.from(line({ user_id: '"í\u00a0\u0080"' }), 'latin1'), ['malformed_json']],
  ['a name twice', line().replace('{', '{"status":"PENDING",'), ['duplicate_key']],
  ['a name twice, once escaped', line().replace('{', '{"st\\u0061tus":"PENDING",'), ['duplicate_key']],
  ['an unknown name twice', line({ x: '1' }).replace('{', '{"x":null,'), ['duplicate_key']],
  ['an empty name twice', line({ '': '1' }).replace('{', '{"":2,'), ['duplicate_key']],
  ['a name twice and a field wrong', line({ currency: '"?"' }).replace('{', '{"status":"PENDING",'), ['duplicate_key']],
];

const MICROS = (iso: string): bigint => BigInt(Date.parse(iso)) * 1000n;
const TAKEN: readonly (readonly [string, Fields | string, Partial<CuratedPayment>])[] = [
  ['payment_id of 128 of its characters', { payment_id: text(`Az09_.:-${'x'.repeat(120)}`) }, {}],
  ['payment_id by its text: a number', { payment_id: '12' }, { payment_id: '12' }],
  ['payment_id by its text: a number with an exponent', { payment_id: '1e3' }, { payment_id: '1e3' }],
  ['payment_id by its text: minus nothing', { payment_id: '-0' }, { payment_id: '-0' }],
  ['payment_id by its text: more digits than a double has', { payment_id: '1234567890123456789012345.50' }, { payment_id: '1234567890123456789012345.50' }],
  ['payment_id by its text: true', { payment_id: 'true' }, { payment_id: 'true' }],
  ['payment_id "null"', { payment_id: '"null"' }, { payment_id: 'null' }],
  ['payment_id under an escaped name', { 'payment\\u005fid': '"esc"', payment_id: undefined }, { payment_id: 'esc' }],
  ['merchant_id that is no path to trust', { merchant_id: '"a:b@c..d"' }, { merchant_id: 'a:b@c..d' }],
  ['merchant_id that is a number as written', { merchant_id: '1.50' }, { merchant_id: '1.50' }],
  ['user_id of 256 characters beyond the first plane', { user_id: text('\u{1f600}'.repeat(256)) }, { user_id: '\u{1f600}'.repeat(256) }],
  ['user_id empty', { user_id: '""' }, { user_id: null }],
  ['user_id "null"', { user_id: '"null"' }, { user_id: 'null' }],
  ['user_id false', { user_id: 'false' }, { user_id: 'false' }],
  ['user_id with what the hash escapes', { user_id: '"a|b~c%7C"' }, { user_id: 'a|b~c%7C' }],
  ['user_id with a line separator', { user_id: '"a\u2028b"' }, { user_id: 'a\u2028b' }],
  ['user_id with a pair of surrogates', { user_id: '"\\ud83d\\ude00"' }, { user_id: '\u{1f600}' }],
  ['decline_reason with an escaped slash', { decline_reason: '"a\\/b"' }, { decline_reason: 'a/b' }],
  ['amount quoted', { amount_cents: '"1250"' }, { amount_cents: 1250n }],
  ['amount 0', { amount_cents: '0' }, { amount_cents: 0n }],
  ['amount -0', { amount_cents: '-0' }, { amount_cents: 0n }],
  ['amount with leading zeros', { amount_cents: '"-000"' }, { amount_cents: 0n }],
  ['amount with more zeros than digits in int64', { amount_cents: text(`${'0'.repeat(3000)}7`) }, { amount_cents: 7n }],
  ['amount beyond a double’s whole numbers', { amount_cents: '9007199254740993' }, { amount_cents: 9007199254740993n }],
  ['amount at the end of int64', { amount_cents: '9223372036854775807' }, { amount_cents: 9223372036854775807n }],
  ['a retired currency', { currency: '"HRK"' }, { currency: 'HRK' }],
  ...STATUSES.map((status) => [`status ${status}`, { status: text(status) }, { status, is_approved: status === 'APPROVED', is_refunded: status === 'REFUNDED' }] as const),
  ['risk_score quoted', { risk_score: '"1E2"' }, { risk_score: 100 }],
  ['risk_score rounded half up', { risk_score: '0.0000005' }, { risk_score: 0.000001 }],
  ['risk_score -0.0', { risk_score: '-0.0' }, { risk_score: 0 }],
  ['risk_score too small for a double', { risk_score: '"1e-999"' }, { risk_score: 0 }],
  ['risk_score at its end', { risk_score: '1000000' }, { risk_score: 1e6 }],
  ['risk_score null', { risk_score: 'null' }, { risk_score: null }],
  ['a time with a space and no zone', { created_at: '"2026-11-20 10:00:00"' }, { created_at: MICROS('2026-11-20T10:00:00Z') }],
  ['a time cut to microseconds', { created_at: '"2026-11-20T10:00:00.123456999Z"' }, { created_at: MICROS('2026-11-20T10:00:00Z') + 123456n }],
  ['a time of one fraction digit', { created_at: '"2026-11-20T10:00:00.5Z"' }, { created_at: MICROS('2026-11-20T10:00:00.500Z') }],
  ['a time east', { created_at: '"2026-11-21T00:00:00+14:00"' }, { created_at: MICROS('2026-11-20T10:00:00Z'), dt: '2026-11-20', hour: 10 }],
  ['a time west', { created_at: '"2026-11-20T22:59:59.9-12:00"' }, { created_at: MICROS('2026-11-21T11:00:00Z') - 100_000n }],
  ['a day after the hour’s end', { created_at: '"2026-11-21T11:00:00.0000009Z"' }, { created_at: MICROS('2026-11-21T11:00:00Z'), dt: '2026-11-21', hour: 11 }],
  ['a leap day', { authorized_at: '"2024-02-29T23:59:59Z"' }, { authorized_at: MICROS('2024-02-29T23:59:59Z') }],
  ['the first instant', { authorized_at: '"1999-12-31T23:30:00-01:00"' }, { authorized_at: MICROS('2000-01-01T00:30:00Z') }],
  ['the last instant', { completed_at: '"2100-12-31T23:59:59.999999Z"' }, { completed_at: MICROS('2101-01-01T00:00:00Z') - 1n }],
  ['a span cut down to milliseconds', { authorized_at: '"2026-11-20T10:00:00.000001Z"', completed_at: '"2026-11-20T10:00:01Z"' }, { authorized_to_complete_ms: 999n }],
  ['a span below nothing', { authorized_at: '"2026-11-20T10:00:01Z"', completed_at: '"2026-11-20T10:00:00.999999Z"' }, { authorized_to_complete_ms: -1n }],
  ['a span without an end', { completed_at: 'null' }, { authorized_to_complete_ms: null, completed_at: null }],
  ['unknown fields, nested to the limit', { x: `${'['.repeat(511)}${']'.repeat(511)}`, y: '{"payment_id":1,"payment_id":2}' }, {}],
  ['unknown fields that look lax inside of texts', { x: '"NaN, Infinity,] ,}"', inf: '"\\",]"' }, {}],
  ['a bare number at its limit', { x: '1'.repeat(1000) }, {}],
  ['white space wherever JSON has it', ` \t\r{ "payment_id"\t: \r"ws" ${line({ payment_id: undefined }).replace('{', ' , ')}\t `, { payment_id: 'ws' }],
];

let bench: Workbench;
beforeAll(async () => { bench = await Workbench.open(); });
afterAll(async () => bench.close());

const bytesOf = (of: Fields | string | Buffer): string | Buffer => (typeof of === 'string' || Buffer.isBuffer(of) ? of : line(of));

describe('a line that breaks a rule becomes a dead letter with its reason', () => {
  let found: ReadonlyMap<number, readonly Reason[]>;
  let rows: readonly CuratedPayment[];
  beforeAll(async () => {
    const curated = await bench.curate({ refused: linesOf(REFUSED.map(([, of]) => bytesOf(of))) });
    found = new Map(curated.letters.map((letter) => [letter.lineNumber, letter.reasons]));
    ({ rows } = curated);
  });

  test.each(REFUSED.map(([name, , reasons], i) => [name, i + 1, reasons] as const))('%s', (_name, lineNumber, reasons) => {
    expect(found.get(lineNumber)).toEqual(reasons);
  });

  test('and none of them a row', () => expect(rows).toEqual([]));

  test('every reason but the one for long lines is shown here', () => {
    expect(new Set(REFUSED.flatMap(([, , reasons]) => reasons))).toEqual(new Set(REASONS.filter((reason) => reason !== 'line_too_long')));
  });
});

describe('a line within the rules becomes a row', () => {
  let rows: readonly (CuratedPayment | undefined)[];
  beforeAll(async () => {
    const lines = TAKEN.map(([, of], i) => (typeof of === 'string' || Object.keys(of).some((name) => name.startsWith('payment')) ? bytesOf(of) : line({ payment_id: text(`row-${i}`), ...of })));
    const curated = await bench.curate({ taken: linesOf(lines) });
    expect(curated.letters).toEqual([]);
    const byId = new Map(curated.rows.map((row) => [row.payment_id, row]));
    rows = TAKEN.map(([, of, expected], i) => byId.get(expected.payment_id ?? (typeof of !== 'string' && of.payment_id !== undefined ? JSON.parse(of.payment_id) as string : `row-${i}`)));
  });

  test.each(TAKEN.map(([name, , expected], i) => [name, i, expected] as const))('%s', (_name, i, expected) => {
    expect(rows[i]).toMatchObject(expected);
  });
});
