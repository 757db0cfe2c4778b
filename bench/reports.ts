/**
 * `npm run bench -- reports [--rows N] [--rate N] [--seconds N]`: made-up payments in Postgres, the API beside it, and each report asked at a
 * steady rate, for one merchant or all, over 1 to 31 days. Requests are sent when they are due and not when the last one is back, and timed
 * from then: a server that falls behind is seen. Beside it the same questions of the payments themselves. Fails where a p95 is over 20 ms.
 */
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from 'commander';
import { SCOPES } from '../contract/api-keys';
import { REPORTS, type ReportName } from '../contract/reports';
import { prepareStores } from '../scripts/application';
import { wholeNumberOption } from '../scripts/options';
import { stackConfiguration } from '../scripts/stack/environment';
import type { Stack } from '../scripts/stack/stack';
import { table, Terminal } from '../scripts/terminal';
import { readSql } from '../sql/read-sql';
import { createKey } from '../stores/api-keys';
import { openLedger } from '../stores/ledger';
import { openPostgres, type Postgres } from '../stores/postgres';
import { untilWorkerUp } from './measuring/worker-up';
import { withOwnStack } from './measuring/own-stack';
import { processorSeconds } from './measuring/process-tree';
import { circumstances, keepResult, rounded, versionsOf } from './measuring/results';

interface ReportsOptions {
  readonly rows: number;
  readonly merchants: number;
  readonly days: number;
  readonly rate: number;
  readonly seconds: number;
}

interface Question {
  readonly merchant: string | null;
  readonly from: string;
  readonly to: string;
}

interface MeasuredReport {
  readonly report: ReportName;
  readonly requests: number;
  readonly errors: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** of the API and of Postgres, for each request: says what it costs also on a machine that others use */
  readonly apiMs: number;
  readonly postgresMs: number;
  /** of the payments themselves, one after the other */
  readonly unaggregatedP50: number;
}

const ROWS_AT_ONCE = 500_000;
const P95_MS = 20;
const UNAGGREGATED = 12;
const WARM_UP = 100;
const DAY_MS = 86_400_000;
const LAST_DAY = Date.UTC(2026, 9, 31);

async function main(): Promise<void> {
  const options = program
    .option('--rows <n>', 'payments in Postgres', wholeNumberOption(1), 10_000_000)
    .option('--merchants <n>', 'merchants', wholeNumberOption(1), 200)
    .option('--days <n>', 'days that the payments are spread over', wholeNumberOption(31), 90)
    .option('--rate <n>', 'requests a second', wholeNumberOption(1), 200)
    .option('--seconds <n>', 'for which each report is asked', wholeNumberOption(1), 30)
    .parse().opts<ReportsOptions>();
  const terminal = new Terminal(false);
  process.exit(await withOwnStack(terminal, (stack) => measure(stack, options, terminal)) ? 0 : 1);
}

async function measure(stack: Stack, options: ReportsOptions, terminal: Terminal): Promise<boolean> {
  const configuration = await stackConfiguration();
  await prepareStores(configuration, terminal);
  const owner = openPostgres(configuration, 'owner');
  const reader = openPostgres(configuration, 'reader', { statementMs: 600_000 });
  try {
    await fillPayments(owner, options, terminal);
    const { secret } = await createKey(owner, openLedger(owner), { name: 'bench', scopes: SCOPES, merchantId: null, expiresAt: null, by: 'bench' });
    stack.accompany({
      name: 'api', about: 'the API', version: '', command: process.execPath, args: [join(__dirname, '..', 'scripts', 'sluice.js'), 'api'],
      environment: { SLUICE_API_REQUESTS_A_MINUTE: '100000000', SLUICE_LOG_LEVEL: 'warn' }, graceMs: 10_000,
    });
    await untilWorkerUp(configuration.SLUICE_API_PORT);
    const measured: MeasuredReport[] = [];
    for (const report of REPORTS) {
      terminal.say(`${report}: ${options.rate} requests a second for ${options.seconds} s`);
      const before = processorOf(stack);
      const asked = await ask(configuration.SLUICE_API_PORT, secret, report, options);
      const after = processorOf(stack);
      const each = (part: 'api' | 'postgres'): number => ((after[part] - before[part]) * 1000) / (asked.requests + WARM_UP);
      measured.push({ report, ...asked, apiMs: each('api'), postgresMs: each('postgres'), unaggregatedP50: await unaggregated(reader, report, options) });
    }
    terminal.result(null, () => rendered(measured, options));
    const file = await keepResult('reports', {
      ...circumstances(versionsOf(stack.parts)), ...options,
      reports: measured.map(({ report, ...numbers }) => ({ report, ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, rounded(value, 2)])) })),
    });
    terminal.say(`kept in ${file}`);
    return measured.every(({ p95, errors }) => p95 <= P95_MS && errors === 0);
  } finally {
    await owner.close();
    await reader.close();
  }
}

/** Without the triggers, which would be measured again for each part; the roll-ups are then made once. */
async function fillPayments(owner: Postgres, { rows, merchants, days }: ReportsOptions, terminal: Terminal): Promise<void> {
  await owner.run('alter table curated_payments disable trigger user');
  for (let from = 1; from <= rows; from += ROWS_AT_ONCE) {
    const to = Math.min(rows, from + ROWS_AT_ONCE - 1);
    await owner.transaction(async (session) => {
      await session.run(readSql('load/session.sql'));
      await session.run(readSql('bench/fill-payments.sql'), [from, to, days, merchants]);
    });
    terminal.say(`${to.toLocaleString('en-US')} payments`);
  }
  await owner.run('alter table curated_payments enable trigger user');
  const begun = performance.now();
  await owner.transaction(async (session) => {
    await session.run(readSql('load/session.sql'));
    await session.run('select rollups.fill()');
    await session.run(readSql('bench/hours-of-payments.sql'));
  });
  terminal.say(`roll-ups filled in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  await owner.transaction(async (session) => {
    await session.run(readSql('load/session.sql'));
    await session.run(readSql('bench/analyze.sql'));
    await session.run('analyze rollups.totals, rollups.declines, rollups.latency, rollups.longest, rollups.hours, rollups.days, ledger.hours');
  });
}

/** The same questions in every run. */
function* questions({ merchants, days }: ReportsOptions): Generator<Question> {
  let state = 42;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  for (;;) {
    const length = 1 + below(31);
    const to = LAST_DAY - below(days - length) * DAY_MS;
    yield {
      merchant: below(2) === 0 ? null : `merchant-${String(below(Math.max(1, Math.floor(merchants / 4)))).padStart(4, '0')}`,
      from: dayOf(to - (length - 1) * DAY_MS), to: dayOf(to),
    };
  }
}

function dayOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

async function ask(port: number, secret: string, report: ReportName, options: ReportsOptions): Promise<Omit<MeasuredReport, 'report' | 'unaggregatedP50' | 'apiMs' | 'postgresMs'>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const asked = questions(options);
  const path = (): string => {
    const { merchant, from, to } = asked.next().value as Question;
    const days = report === 'daily-recon' ? `date=${to}` : `from=${from}&to=${to}`;
    return `/reports/${report}?${days}${merchant === null ? '' : `&merchant=${merchant}`}`;
  };
  const one = (due: number): Promise<{ readonly ms: number; readonly well: boolean }> => new Promise((resolve) => {
    const done = (well: boolean): void => { resolve({ ms: performance.now() - due, well }); };
    request({ port, host: '127.0.0.1', path: path(), agent, headers: { authorization: `Bearer ${secret}` } }, (response) => {
      response.resume().on('end', () => { done(response.statusCode === 200); });
    }).on('error', () => { done(false); }).end();
  });
  for (let i = 0; i < WARM_UP; i += 1) await one(performance.now());
  const total = options.rate * options.seconds;
  const begun = performance.now();
  const answers: Promise<{ readonly ms: number; readonly well: boolean }>[] = [];
  for (let i = 0; i < total; i += 1) {
    const due = begun + (i * 1000) / options.rate;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    answers.push(one(due));
  }
  const all = await Promise.all(answers);
  agent.destroy();
  const times = all.map(({ ms }) => ms).sort((a, b) => a - b);
  return { requests: total, errors: all.filter(({ well }) => !well).length, p50: at(times, 0.5), p95: at(times, 0.95), p99: at(times, 0.99) };
}

async function unaggregated(reader: Postgres, report: ReportName, options: ReportsOptions): Promise<number> {
  const asked = questions(options);
  const times: number[] = [];
  for (let i = 0; i < UNAGGREGATED; i += 1) {
    const { merchant, from, to } = asked.next().value as Question;
    const begun = performance.now();
    await reader.rows(readSql(`bench/unaggregated-${report}.sql`), [merchant, report === 'daily-recon' ? to : from, to]);
    times.push(performance.now() - begun);
  }
  return at(times.sort((a, b) => a - b), 0.5);
}

function processorOf(stack: Stack): Readonly<Record<'api' | 'postgres', number>> {
  const of = (wanted: string): number => processorSeconds(stack.parts.find(({ name }) => name === wanted)!.pid);
  return { api: of('api'), postgres: of('postgres') };
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

function rendered(measured: readonly MeasuredReport[], { rows, rate }: ReportsOptions): string {
  return [
    `\n${rows.toLocaleString('en-US')} payments, ${rate} requests a second; milliseconds`,
    table(
      [{ title: 'report' }, ...['requests', 'errors', 'p50', 'p95', 'p99', 'processor: API', 'Postgres', 'of the payments, p50', 'ratio'].map((title) => ({ title, right: true }))],
      measured.map((one) => [
        one.report, String(one.requests), String(one.errors), one.p50.toFixed(1), one.p95.toFixed(1), one.p99.toFixed(1), one.apiMs.toFixed(2), one.postgresMs.toFixed(2), one.unaggregatedP50.toFixed(1), `${(one.unaggregatedP50 / one.p50).toFixed(0)} ×`,
      ]),
    ),
  ].join('\n');
}

main().catch((error: unknown) => {
  new Terminal(false).error(error);
  process.exit(1);
});
