/** Every rule of the contract's section 1, with the bytes that break it, through the real engine. */
import { REASONS, type CuratedPayment, type Reason } from '../../contract/payment';
import { line, linesOf, Workbench } from './curating';
import { REFUSED, TAKEN, text, type Fields } from './rules';

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

  // Of a block without an escape or a DEL the engine asks less: what becomes of a line must not hang on those beside it.
  const controls = REFUSED.filter(([name]) => / with (?:a raw DEL|a control character)$/.test(name));
  test.each(controls)('%s, and no other line beside it', async (_name, of, reasons) => {
    const { letters, rows: alone } = await bench.curate({ alone: linesOf([bytesOf(of)]) });
    expect({ reasons: letters.map((letter) => letter.reasons), alone }).toEqual({ reasons: [reasons], alone: [] });
  });
  test('of such there is one for each text', () => expect(controls).toHaveLength(8));

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
