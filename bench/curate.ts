/**
 * `npm run bench -- curate [--lines N] [--merchants N]`: generated lines through `sluice curate` alone; no service runs. Two sizes
 * side by side show whether the cost grows with the lines and whether the memory stays.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from 'commander';
import { wholeNumberOption } from '../scripts/options';
import { Terminal } from '../scripts/terminal';
import { processorSeconds, watchMemory, type MemoryPeaks } from './measuring/process-tree';
import { circumstances, keepResult, mebibytes, rounded } from './measuring/results';
import { sluice } from './measuring/sluice';

const LANDING_HOUR = '2026-01-05T00';

interface CurateBenchOptions {
  readonly lines: number;
  readonly merchants: number;
}

async function main(): Promise<void> {
  const { lines, merchants } = program
    .option('--lines <n>', 'lines', wholeNumberOption(1), 10_000_000)
    .option('--merchants <n>', 'merchants', wholeNumberOption(1), 50)
    .parse().opts<CurateBenchOptions>();
  const terminal = new Terminal(false);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  try {
    const raw = join(folder, 'raw');
    terminal.say(`generating ${lines.toLocaleString('en-US')} lines`);
    await sluice(['generate', '--landing-hour', LANDING_HOUR, '--lines', String(lines), '--merchants', String(merchants), '--out', raw]);

    let stopWatching: () => MemoryPeaks | null = () => null;
    const usedBefore = processorSeconds(process.pid);
    const started = performance.now();
    const counts = JSON.parse(await sluice(
      ['curate', '--in', raw, '--landing-hour', LANDING_HOUR, '--out', join(folder, 'out'), '--json'],
      (pid) => { stopWatching = watchMemory(pid); },
    )) as { readonly lines: number; readonly curated: number; readonly dead: number; readonly duplicates: number };
    const seconds = (performance.now() - started) / 1000;
    const memory = stopWatching();
    const processor = processorSeconds(process.pid) - usedBefore;

    if (counts.lines !== lines) throw new Error(`${lines} lines were generated and ${counts.lines} were read`);
    terminal.result(null, () => [
      `${lines.toLocaleString('en-US')} lines in ${seconds.toFixed(1)} s, ${Math.round(lines / seconds).toLocaleString('en-US')} lines/s, ` +
        `${(processor / lines * 1e6).toFixed(1)} µs of processor a line`,
      `${counts.curated} curated, ${counts.duplicates} duplicates, ${counts.dead} dead`,
      memory === null ? 'memory was not measured: there is no /proc here'
        : `peak memory: parent and child together ${mebibytes(memory.together)} MiB (parent ${mebibytes(memory.root)} MiB, child ${mebibytes(memory.child)} MiB)`,
    ].join('\n'));
    terminal.say(`kept in ${await keepResult('curate', {
      ...circumstances(), lines, merchants, seconds: rounded(seconds), processorSeconds: rounded(processor),
      memoryMiB: memory === null ? null : { together: mebibytes(memory.together), parent: mebibytes(memory.root), child: mebibytes(memory.child) },
    })}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  new Terminal(false).error(error);
  process.exit(1);
});
