/** The loop that looks for suspicious lines finds what the patterns that say what is suspicious find. */
import { nextSuspect } from '../../engines/duckdb/suspects';
import { Random } from '../../scripts/generate/random';

// oxlint-disable-next-line no-control-regex
const SUSPECT = /[\x00-\x08\x0b\x0c\x0e-\x1f]|[0-9](?:[ -]?[0-9]){12}|\\u00(?:3[0-9]|2[0dD])/;
const PIECES = ['1', '23', '4567', '890123', ' ', '-', '  ', '\n', '\r\n', '\t', 'a', 'ü', '\\', '\\u', '\\u003', '\\u0031', '\\u0020', '\\u002d', '\\u002D', '\\u0041', '\0', '\x1f', '\x7f', '"', ':'];

function suspectLines(bytes: Buffer): readonly number[] {
  const found: number[] = [];
  for (let from = 0; ;) {
    const at = nextSuspect(bytes, from);
    if (at === Infinity) return found;
    found.push(bytes.subarray(0, at).filter((byte) => byte === 0x0a).length);
    const lf = bytes.indexOf(0x0a, at);
    if (lf < 0) return found;
    from = lf + 1;
  }
}

it('in drawn lines', () => {
  let suspicious = 0;
  for (let n = 0; n < 20_000; n += 1) {
    const random = new Random(3, n);
    const common = random.next();
    const text = Array.from({ length: 4 + random.whole(40) }, () => (random.next() < common ? random.pick(PIECES.slice(0, 6)) : random.pick(PIECES))).join('');
    const bytes = Buffer.from(text, 'utf8');
    const expected = bytes.toString('latin1').split('\n').flatMap((line, i) => (SUSPECT.test(line) ? [i] : []));
    suspicious += expected.length;
    expect(suspectLines(bytes)).toEqual(expected);
  }
  expect(suspicious).toBeGreaterThan(10_000);
});
