/** Thousands of good lines with damage, judged by the engine and by a second reading of the contract. */
import type { CuratedPayment } from '../../contract/payment';
import { Random } from '../../scripts/generate/random';
import { HOUR, linesOf, Workbench } from './curating';
import { damagedLine } from './damaged-lines';
import { verdictOf, winnersOf, type OracleRow } from './oracle';

const LINES = 12_000;
const SEED = Number(process.env.SLUICE_TEST_SEED ?? 20261120);

let bench: Workbench;
beforeAll(async () => { bench = await Workbench.open(); });
afterAll(async () => bench.close());

test.each([
  ['', (line: Buffer) => line],
  // A line that begins with a space is not plain.
  [', none of them plain,', (line: Buffer) => Buffer.concat([Buffer.from(' '), line])],
])(`the engine judges ${LINES} damaged lines%s as the contract does (seed ${SEED})`, async (_which, made) => {
  const random = new Random(SEED, 0);
  const lines = Array.from({ length: LINES }, (_, i) => made(damagedLine(random, i)));
  const { outcome, letters, rows } = await bench.curate({ 'damaged.ndjson': linesOf(lines) });

  // A CR at the end is part of the line's ending.
  const verdicts = lines.map((bytes) => verdictOf(bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes, HOUR));
  const found = new Map(letters.map((letter) => [letter.lineNumber, letter.reasons]));
  const differences = verdicts.flatMap((verdict, i) => {
    const expected = verdict.kind === 'dead' ? verdict.reasons.join() : 'not refused';
    const got = found.get(i + 1)?.join() ?? 'not refused';
    return expected === got ? [] : [`${JSON.stringify(lines[i]!.toString('latin1').slice(0, 2000))}: expected ${expected}, got ${got}`];
  });
  expect(differences.slice(0, 10)).toEqual([]);
  expect(outcome.counts.blank).toBe(verdicts.filter((verdict) => verdict.kind === 'blank').length);
  const winners = winnersOf(verdicts.flatMap((verdict) => (verdict.kind === 'good' ? [verdict.row] : [])));
  expect(new Map(rows.map((row) => [row.payment_id, contractColumns(row)]))).toEqual(winners);
  expect(rows.length).toBeGreaterThan(LINES / 20);
  expect(letters.length).toBeGreaterThan(LINES / 5);
});

function contractColumns(row: CuratedPayment): OracleRow {
  const { payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score } = row;
  const { authorized_at, completed_at, created_at, source_system, decline_reason, row_hash } = row;
  return {
    payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at, created_at,
    source_system, decline_reason, row_hash,
  };
}
