/**
 * `npm run bench -- hour [--lines N] [--merchants N] [--hours N] [--against open-tools]`: generated lines from landed to proven, on a stack of its own, and
 * what each stage took; beside it, if asked, the same lines through Spark, Kafka and Debezium's sink. With several hours the first is the cold one.
 * Fails unless every hour is proven, and both sides have the same sums.
 */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from 'commander';
import { withWorkFolder } from '../activities/work-folder';
import { hoursAfter, parseLandingHour, type LandingHour } from '../contract/landing-hour';
import type { Terms } from '../contract/proof';
import type { RunAnswer } from '../contract/run';
import type { Stage } from '../contract/stages';
import { prepareStores } from '../scripts/application';
import { wholeNumberOption } from '../scripts/options';
import { stackConfiguration } from '../scripts/stack/environment';
import type { Stack } from '../scripts/stack/stack';
import { table, Terminal } from '../scripts/terminal';
import { openLedger, type Ledger } from '../stores/ledger';
import { openPostgres } from '../stores/postgres';
import { connectTemporal, Hours } from '../stores/temporal';
import { alternating } from './measuring/alternating';
import { keptComparisons, OURS, renderedComparisons, type Comparison } from './measuring/comparison';
import { withOwnStack } from './measuring/own-stack';
import { processorSeconds, watchMemory, type MemoryPeaks } from './measuring/process-tree';
import { circumstances, keepResult, mebibytes, rounded, versionsOf } from './measuring/results';
import { CLI, sluice } from './measuring/sluice';
import { someOf } from './measuring/some-of';
import { taken, type Parts, type Taken } from './measuring/taken';
import { untilWorkerUp } from './measuring/worker-up';
import { mustAgree, startOpenTools } from './peers/open-tools';

const HOUR_PEERS = ['open-tools'] as const;
const FIRST_HOUR = parseLandingHour('2026-01-05T00');

interface HourOptions {
  readonly lines: number;
  readonly merchants: number;
  readonly hours: number;
  readonly against: readonly (typeof HOUR_PEERS)[number][];
}

interface MeasuredStage {
  readonly seconds: number;
  /** what it had to do with; null where rows are not its measure */
  readonly rows: number | null;
}

interface MeasuredHour {
  readonly landingHour: LandingHour;
  readonly answer: RunAnswer;
  readonly seconds: number;
  readonly stages: ReadonlyMap<Stage, MeasuredStage>;
  /** of processor, by part of the stack */
  readonly processor: Readonly<Record<string, number>>;
}

const ROWS_OF: Readonly<Record<Stage, (terms: Terms) => number | null>> = {
  land: () => null,
  crawl: () => null,
  curate: (terms) => terms.lines,
  audit: (terms) => terms.curated,
  commit: (terms) => terms.curated,
  publish: (terms) => terms.published,
  load: (terms) => terms.published,
  prove: (terms) => terms.curated,
};

async function main(): Promise<void> {
  const options = program
    .option('--lines <n>', 'lines in each hour', wholeNumberOption(1), 1_000_000)
    .option('--merchants <n>', 'merchants', wholeNumberOption(1), 50)
    .option('--hours <n>', 'hours, one after the other', wholeNumberOption(1), 1)
    .option('--against <peers>', `of ${HOUR_PEERS.join(', ')}, or none; beside them, no line is bad`, someOf(HOUR_PEERS), [])
    .parse().opts<HourOptions>();
  const terminal = new Terminal(false);
  const proven = await withWorkFolder(tmpdir(), (folder) => withOwnStack(terminal, async (stack) => measure(stack, options, folder, terminal)));
  process.exit(proven ? 0 : 1);
}

async function measure(stack: Stack, options: HourOptions, folder: string, terminal: Terminal): Promise<boolean> {
  const configuration = await stackConfiguration();
  await prepareStores(configuration, terminal);
  terminal.say(`generating ${options.hours} × ${options.lines.toLocaleString('en-US')} lines`);
  await generate(options);
  const worker = stack.accompany({
    name: 'worker', about: 'the worker', version: '', command: process.execPath, args: [CLI, 'worker'], environment: {}, graceMs: 30_000,
  });
  await untilWorkerUp(configuration.SLUICE_METRICS_PORT);
  const stopWatching = watchMemory(worker.pid);
  const reader = openPostgres(configuration, 'reader');
  const owner = openPostgres(configuration, 'owner');
  const client = await connectTemporal(configuration, process.env);
  try {
    const asking = new Hours(client, configuration.SLUICE_TASK_QUEUE);
    const ledger = openLedger(reader);
    const measured: MeasuredHour[] = [];
    const ours = async (landingHour: LandingHour): Promise<Taken> => {
      const before = processorByPart(stack);
      let answer: RunAnswer | undefined;
      const took = await taken({ worker: worker.pid }, async () => {
        answer = await asking.request(landingHour, { requestId: randomUUID(), kind: 'manual', by: 'bench', waitFor: 'done' });
      });
      const processor = Object.fromEntries(Object.entries(processorByPart(stack)).map(([name, used]) => [name, used - (before[name] ?? 0)]));
      measured.push(await measuredHour(ledger, landingHour, answer!, took.seconds, processor));
      terminal.result(null, () => rendered(measured.at(-1)!));
      return { ...took, processorSeconds: processor };
    };
    const openTools = options.against.length === 0 ? null : await startOpenTools(stack, configuration, owner, partsBeside(stack), terminal);
    if (openTools !== null) await generate(options, folder);
    const sides = await alternating([OURS, ...options.against], options.hours, async (side, n) => {
      const landingHour = hoursAfter(FIRST_HOUR, n);
      return side === OURS ? ours(landingHour) : openTools!.hour(landingHour, join(folder, `dt=${landingHour.replaceAll('-', '/').replace('T', '/')}`));
    });
    const memory = stopWatching();
    terminal.result(null, () => renderedMemory(memory));
    const compared: readonly Comparison[] = openTools === null ? [] : [{ what: `an hour of ${options.lines.toLocaleString('en-US')} lines`, units: options.lines, sides }];
    if (compared.length > 0) {
      for (let n = 0; n < options.hours; n += 1) await mustAgree(owner, hoursAfter(FIRST_HOUR, n));
      terminal.result(null, () => `\n${renderedComparisons('lines', compared)}`);
    }
    terminal.say(`kept in ${await keepAll(stack, options, measured, memory, compared)}`);
    return measured.every(({ answer }) => answer.state === 'proven');
  } finally {
    stopWatching();
    await Promise.all([reader.close(), owner.close()]);
    await client.connection.close();
  }
}

/** Into the lake, or to a folder; the same bytes. The open tools do not ask what is wrong with a line, so beside them none is. */
async function generate({ lines, merchants, hours, against }: HourOptions, out?: string): Promise<void> {
  await sluice(['generate', '--landing-hour', FIRST_HOUR, '--lines', String(lines), '--merchants', String(merchants), '--hours', String(hours),
    ...(against.length === 0 ? [] : ['--bad', '0']), ...(out === undefined ? [] : ['--out', out])]);
}

async function measuredHour(
  ledger: Ledger, landingHour: LandingHour, answer: RunAnswer, seconds: number, processor: Readonly<Record<string, number>>,
): Promise<MeasuredHour> {
  const records = answer.revision === null ? [] : await ledger.stages({ landingHour, revision: answer.revision });
  const terms = answer.proof?.terms;
  const stages = new Map(records.map(({ stage, seconds: took }) => [stage, { seconds: took, rows: terms === undefined ? null : ROWS_OF[stage](terms) }]));
  return { landingHour, answer, seconds, stages, processor };
}

function partsBeside(stack: Stack): Parts {
  return Object.fromEntries(stack.parts.filter(({ name }) => name === 'postgres' || name === 'kafka').map(({ name, pid }) => [name, pid]));
}

function processorByPart(stack: Stack): Readonly<Record<string, number>> {
  return Object.fromEntries(stack.parts.map(({ name, pid }) => [name, processorSeconds(pid)]));
}

function rendered({ landingHour, answer, seconds, stages, processor }: MeasuredHour): string {
  const rows = [...stages].map(([stage, took]) => [
    stage, took.seconds.toFixed(2), took.rows?.toLocaleString('en-US') ?? '', took.rows === null ? '' : Math.round(took.rows / took.seconds).toLocaleString('en-US'),
  ]);
  const lines = answer.proof?.terms.lines ?? 0;
  rows.push(['between', (seconds - sumOf(stages)).toFixed(2), '', '']);
  rows.push(['total', seconds.toFixed(2), lines.toLocaleString('en-US'), Math.round(lines / seconds).toLocaleString('en-US')]);
  return [
    `\n${landingHour}: ${answer.state}${answer.state === 'proven' ? '' : `: ${answer.message}`}`,
    table([{ title: 'stage' }, ...['seconds', 'rows', 'rows/s'].map((title) => ({ title, right: true }))], rows),
    `processor seconds: ${Object.entries(processor).map(([name, used]) => `${name} ${used.toFixed(1)}`).join(', ')}`,
  ].join('\n');
}

function renderedMemory(memory: MemoryPeaks | null): string {
  if (memory === null) return '\nmemory was not measured: there is no /proc here';
  const { together, root, child } = memory;
  return `\npeak memory: worker and child together ${mebibytes(together)} MiB (worker ${mebibytes(root)} MiB, child ${mebibytes(child)} MiB, each at its own peak)`;
}

function sumOf(stages: ReadonlyMap<Stage, MeasuredStage>): number {
  return [...stages.values()].reduce((sum, { seconds }) => sum + seconds, 0);
}

async function keepAll(
  stack: Stack, options: HourOptions, measured: readonly MeasuredHour[], memory: MemoryPeaks | null, compared: readonly Comparison[],
): Promise<string> {
  return keepResult('hour', {
    ...circumstances(versionsOf(stack.parts)),
    ...options,
    compared: keptComparisons(compared),
    memoryMiB: memory === null ? null : { together: mebibytes(memory.together), worker: mebibytes(memory.root), child: mebibytes(memory.child) },
    runs: measured.map(({ answer, seconds, stages, processor }) => ({
      state: answer.state,
      seconds: rounded(seconds),
      stages: Object.fromEntries([...stages].map(([stage, took]) => [stage, rounded(took.seconds, 3)])),
      processorSeconds: Object.fromEntries(Object.entries(processor).map(([name, used]) => [name, rounded(used)])),
    })),
  });
}

main().catch((error: unknown) => {
  new Terminal(false).error(error);
  process.exit(1);
});
