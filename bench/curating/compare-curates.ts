/**
 * The transform of an hour's lines, ours on DuckDB, the same SQL on Spark, and DuckDB doing the least it can with the lines; each a program that is
 * started, does it and ends. Ours and Spark's must give the same counts and sums, and the floor must see the lines.
 */
import { join } from 'node:path';
import { setUpSpark } from '../../scripts/setup/spark';
import { checkoutRoot } from '../../scripts/setup/platform';
import type { Terminal } from '../../scripts/terminal';
import { alternating } from '../measuring/alternating';
import { OURS, type Comparison } from '../measuring/comparison';
import { CLI } from '../measuring/sluice';
import { takenBy, type Program, type Taken } from '../measuring/taken';
import type { BareParse } from './bare-parse';
import { generateRaw, LANDING_HOUR, type Compression, type RawHour } from './raw-hour';

export const CURATE_PEERS = ['spark', 'floor'] as const;
type Peer = (typeof CURATE_PEERS)[number];
type Side = typeof OURS | Peer;

export interface CurateOptions {
  readonly lines: number;
  readonly merchants: number;
  readonly runs: number;
  readonly compressions: readonly Compression[];
  readonly against: readonly Peer[];
  readonly sparkMemory: string;
}

/** What `curate --json` says that two engines must agree on. */
interface Curated {
  readonly lines: number;
  readonly curated: number;
  readonly dead: number;
  readonly duplicates: number;
  readonly sumRowHash: string;
}

export async function compareCurates(options: CurateOptions, folder: string, terminal: Terminal): Promise<readonly Comparison[]> {
  const { lines, merchants, compressions, against } = options;
  const python = against.includes('spark') ? await setUpSpark(terminal) : '';
  terminal.say(`generating ${lines.toLocaleString('en-US')} lines`);
  const hours = await generateRaw(folder, lines, merchants, compressions);
  const comparisons: Comparison[] = [];
  for (const hour of hours) {
    const found: Partial<Record<Side, Curated>> = {};
    const sides = await alternating<Side, Taken>([OURS, ...against], options.runs, async (side, run) => {
      // All stay until the end: a file that is made some minutes after thousands were removed takes ext4 ten times as long.
      const out = join(folder, `out-${hour.compression}-${side}-${run}`);
      const { stdout, ...took } = await takenBy(programOf(side, hour, out, python, options));
      if (side === 'floor') mustSee(lines, JSON.parse(stdout) as BareParse);
      else found[side] = agreed(found, JSON.parse(stdout) as Curated, lines);
      terminal.say(`run ${run + 1}, ${side}, ${hour.compression}: ${took.seconds.toFixed(2)} s`);
      return took;
    });
    comparisons.push({ what: `${hour.compression}, ${merchants.toLocaleString('en-US')} merchants`, units: lines, sides });
  }
  return comparisons;
}

function programOf(side: Side, { file }: RawHour, out: string, python: string, { sparkMemory }: CurateOptions): Program {
  const curate = [CLI, 'curate', '--in', file, '--landing-hour', LANDING_HOUR, '--out', out, '--json'];
  switch (side) {
    case OURS: return { name: 'curate', command: process.execPath, args: curate };
    case 'spark': return {
      name: 'curate', command: process.execPath, args: [...curate, '--engine', 'spark-local'],
      environment: { SLUICE_SPARK_PYTHON: python, SLUICE_SPARK_THREADS: '2', SLUICE_SPARK_MEMORY: sparkMemory },
    };
    case 'floor': return { name: 'parse', command: process.execPath, args: [join(checkoutRoot(), 'dist', 'bench', 'curating', 'bare-parse.js'), file] };
  }
}

/** DuckDB's own reader drops lines that are empty or no UTF-8 without a word: some of those that are bad on purpose. */
const SEEN_AT_LEAST = 0.999;

function mustSee(lines: number, found: BareParse): void {
  if (found.lines > lines || found.lines < lines * SEEN_AT_LEAST) throw new Error(`the floor saw ${found.lines} of ${lines} lines`);
}

/** As the runs before it, ours or Spark's. */
function agreed(found: Partial<Record<Side, Curated>>, { lines, curated, dead, duplicates, sumRowHash }: Curated, due: number): Curated {
  const one: Curated = { lines, curated, dead, duplicates, sumRowHash };
  if (lines !== due) throw new Error(`${due} lines were generated and ${lines} were read`);
  const other = Object.values(found).find((before) => JSON.stringify(before) !== JSON.stringify(one));
  if (other !== undefined) throw new Error(`the same lines gave ${JSON.stringify(one)} and ${JSON.stringify(other)}`);
  return one;
}
