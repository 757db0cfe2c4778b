/** The loop that looks for suspicious lines finds what the patterns that say what is suspicious find. */
import { isLaxJson } from '../../engines/duckdb/lines/lax-json';
import { isSuspect } from '../../engines/duckdb/lines/suspects';
import { Random } from '../../scripts/generate/random';

// oxlint-disable-next-line no-control-regex
const SUSPECT = /[\x00-\x08\x0b\x0c\x0e-\x1f]|[0-9](?:[ -]?[0-9]){12}|\\u00(?:3[0-9]|2[0dD])|[:,[][ \t\r]*-?(?:na|in)|,[ \t\r]*[}\]]/i;
const PIECES = ['1', '23', '4567', '890123', ' ', '-', '  ', '\n', '\r\n', '\t', 'a', 'ü', '\\', '\\u', '\\u003', '\\u0031', '\\u0020', '\\u002d', '\\u002D', '\\u0041', '\0', '\x1f', '\x7f', '"', ':', ',', '[', ']', '}', 'n', 'N', 'nan', 'null', 'i', 'Inf'];

/** In the midst of others, as lines are: nothing before or behind one makes it suspicious. */
function isSuspectLine(line: string): boolean {
  const around = Buffer.from(`4111\n${line}\n1111 1111 1111`, 'latin1');
  return isSuspect(around, 5, 5 + line.length);
}

it('in drawn lines', () => {
  let suspicious = 0;
  for (let n = 0; n < 20_000; n += 1) {
    const random = new Random(3, n);
    const common = random.next();
    const text = Array.from({ length: 4 + random.whole(40) }, () => (random.next() < common ? random.pick(PIECES.slice(0, 6)) : random.pick(PIECES))).join('');
    const lines = Buffer.from(text, 'utf8').toString('latin1').split('\n');
    const expected = lines.map((line) => SUSPECT.test(line));
    suspicious += expected.filter(Boolean).length;
    expect(lines.map(isSuspectLine)).toEqual(expected);
  }
  expect(suspicious).toBeGreaterThan(10_000);
});

const LAX_VALUES = ['NaN', '-nan', 'Infinity', '-Infinity', 'inf', '-INF'];
const STRICT_VALUES = ['1', '-1.5e-3', 'null', 'true', 'false', '""', '"nan"', '"a, Inf"', '"\\",]"', '"[in"', '{}', '[]'];
const SPACES = ['', '', '', ' ', '\t', ' \r '];

/** Lax where the answer of `lax` is true for at least one of its places. */
function drawnJson(random: Random, lax: () => boolean, depth: number): string {
  const space = (): string => random.pick(SPACES);
  const kind = depth === 0 ? 0 : random.whole(3);
  if (kind === 1) {
    const names = Array.from({ length: random.whole(4) }, () => random.pick(['"a"', '"nan"', '"in,}"', '"\\"]"']));
    const members = names.map((name) => `${space()}${name}${space()}:${space()}${drawnJson(random, lax, depth - 1)}${space()}`);
    return `{${members.join(',')}${members.length > 0 && lax() ? `,${space()}` : ''}}`;
  }
  if (kind === 2) {
    const values = Array.from({ length: random.whole(4) }, () => `${space()}${drawnJson(random, lax, depth - 1)}${space()}`);
    return `[${values.join(',')}${values.length > 0 && lax() ? `,${space()}` : ''}]`;
  }
  return lax() ? random.pick(LAX_VALUES) : random.pick(STRICT_VALUES);
}

it('what DuckDB alone takes for JSON, wherever it stands in a line', () => {
  let found = 0;
  for (let n = 0; n < 20_000; n += 1) {
    const random = new Random(4, n);
    const often = random.pick([0, 0.05, 0.5]);
    let isLax = false;
    const lax = (): boolean => {
      const now = random.next() < often;
      isLax ||= now;
      return now;
    };
    const line = `{"first":${drawnJson(random, lax, 3)}}`;
    expect({ line, isLax: isLaxJson(line) }).toEqual({ line, isLax });
    if (!isLax) continue;
    found += 1;
    expect({ line, suspect: isSuspectLine(line) }).toEqual({ line, suspect: true });
  }
  expect(found).toBeGreaterThan(3_000);
});

// Each tried from every quote anew would take minutes, and the test's own time is over.
it.each([
  ['of quotes that are escaped, none of them the end', `{nan${'\\"'.repeat(500_000)}`, true],
  ['of one text', `{"a":"nan${'x'.repeat(1_000_000)}"}`, false],
  ['of one text without an end', `{"a":"nan${'x'.repeat(1_000_000)}`, false],
  ['of commas and spaces', `{"a":"nan"${', '.repeat(500_000)}`, false],
])('a line of a mebibyte %s is gone over once', (_what, line, lax) => {
  expect(isLaxJson(line)).toBe(lax);
}, 20_000);
