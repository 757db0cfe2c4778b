/**
 * `npm run parity:athena`: Athena's engine, Trino, is asked every statement over Glue's tables and views, with their projections, and must answer as DuckDB
 * does over the same files: the same rows, types and cents. Not part of `npm test`: it wants half a gigabyte of programs.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { lakeStatement } from '../../activities/lake-statement';
import type { LakeQuestion } from '../../contract/lake-question';
import { rawPrefix } from '../../contract/lake-layout';
import { cacheDir } from '../../scripts/setup/platform';
import { setUpTrino } from '../../scripts/setup/trino';
import { Terminal } from '../../scripts/terminal';
import { daysOfPayments, type DaysOfPayments } from './days-of-payments';
import { everyQuestion } from './every-statement';
import { startTrino, type RunningTrino, type TrinoAnswer } from './trino-server';

let days: DaysOfPayments;
let trino: RunningTrino;
let folder: string;
let questions: readonly LakeQuestion[];

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-trino-'));
  const programs = await setUpTrino({ cache: cacheDir(), terminal: new Terminal(false) });
  // Each day from then to now is a folder to be listed by every question.
  days = await daysOfPayments((Math.floor(Date.now() / 86_400_000) - 30) * 86_400_000);
  trino = await startTrino(programs, days.bench.configuration, folder);
  const paymentIds = [...new Set([...days.committed.values()].flat().map(({ payment_id: id }) => id))].filter((id) => !id.includes('span'));
  questions = everyQuestion({ ...days, paymentIds });
}, 900_000);
afterAll(async () => {
  await trino?.stop();
  await days?.bench.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function embedded(question: LakeQuestion): Promise<TrinoAnswer> {
  return days.bench.parts.lakeQueries.ask(question, { askedAs: randomUUID(), signal: new AbortController().signal, progress: () => undefined }, async ({ columns, pages }) => {
    const rows = [];
    for await (const page of pages()) rows.push(...page);
    return { columns, rows };
  });
}

const one = async (sql: string): Promise<unknown> => Object.values((await trino.run(sql)).rows[0]!)[0];

test('every question has the same rows, types and cents on both engines', async () => {
  const differing: unknown[] = [];
  let rows = 0;
  for (const question of questions) {
    const [theirs, ours] = [await trino.run(lakeStatement(question)), await embedded(question)];
    rows += ours.rows.length;
    try {
      expect(theirs).toEqual(ours);
    } catch (error) {
      differing.push([question, (error as Error).message]);
    }
  }
  expect(differing).toEqual([]);
  expect(rows).toBeGreaterThan(200);
  process.stderr.write(`${questions.length} questions, ${rows} rows: equal\n`);
}, 900_000);

test('the views leave out what the bare tables show twice', async () => {
  const bare = await one(`select count(*) from curated_payments_by_day where dt >= date '${days.before}'`) as bigint;
  const curated = await one(`select count(*) from curated where dt >= date '${days.before}'`) as bigint;
  const committed = [...days.committed.values()].reduce((sum, payments) => sum + payments.length, 0);
  expect(curated).toBe(BigInt(committed));
  expect(bare).toBeGreaterThan(curated);
  expect(await one('select count(*) from current_payments')).toBe(BigInt(new Set([...days.committed.values()].flat().map(({ payment_id: id }) => id)).size));
}, 300_000);

test('the table of one merchant demands that it is named, and finds one whose name wants escaping', async () => {
  await expect(trino.run('select count(*) from curated_payments')).rejects.toThrow(/injected|merchant_id/);
  expect(await one(`select count(distinct payment_id) from curated_payments where merchant_id = '${days.odd}' and dt = date '${days.day}'`)).toBe(3n);
}, 120_000);

test('instants keep their microseconds in the views, which the bare tables cut', async () => {
  const micros = days.committed.get(days.hours[1])!.find(({ payment_id: id }) => id.endsWith('-micros'))!.payment_id;
  const at = async (table: string): Promise<unknown> => (await trino.run(`select created_at from ${table} where payment_id = '${micros}' and dt = date '${days.day}' order by created_at desc limit 1`)).rows[0]!.created_at;
  const due = BigInt(Date.parse(`${days.day}T10:16:00Z`)) * 1000n;
  expect(await at('curated')).toBe(due + 900n);
  expect(await at('curated_payments_by_day')).toBe(due + 1000n);
}, 120_000);

test('the raw lines are read by their landing hour, every field a text', async () => {
  const last = days.hours[2];
  const { rows } = await trino.run(`select payment_id, amount_cents from raw_payments where dt = '${/dt=(.*)\/$/.exec(rawPrefix(last))![1]!}' order by payment_id`);
  expect(rows).toEqual(days.committed.get(last)!.map(({ payment_id, amount_cents }) => ({ payment_id, amount_cents: String(amount_cents ?? 1000) })).sort((a, b) => (a.payment_id < b.payment_id ? -1 : 1)));
}, 120_000);
